/** The table that says which operators stand behind tokens. */
export const mintersStep = (appendOnly: (table: string, key: string) => string) => ({
  name: 'minters',
  sql: `
    -- The operator who minted a token that asked for or confirmed a deletion, or the oldest of its ancestors.
    CREATE TABLE token_minters (
      token TEXT PRIMARY KEY,
      operator TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    ${appendOnly('token_minters', 'token = NEW.token')}`,
});
