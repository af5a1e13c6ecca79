/** Commands for a gateway in front of a PostHog. They are pasted as they are, so they need nothing that is not in them. */

export interface FirstSteps {
  readonly origin: string;
  readonly adminTokenIn: 'environment' | 'file';
  /** Path of `.dev.vars`. */
  readonly file: string;
}

export const firstSteps = ({ origin, adminTokenIn, file }: FirstSteps): string => `
Register a tenant, mint a token and read a person. Paste these into another shell:

  PROJECT=1  # the number in the address of your project in PostHog
${adminTokenIn === 'file' ? readingLine(file) : givenLine}
  curl -s -X PUT ${origin}/admin/v1/tenants/acme -H "Authorization: Bearer $ADMIN_TOKEN" \\
    -H 'Content-Type: application/json' \\
    -d '{"name": "Acme", "project_id": '$PROJECT', "scopes": ["person:read"]}'
  TOKEN=$(curl -s -X POST ${origin}/admin/v1/tenants/acme/tokens -H "Authorization: Bearer $ADMIN_TOKEN" \\
    -H 'Content-Type: application/json' -d '{"name": "acme backend"}' | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
  curl -s "${origin}/api/projects/$PROJECT/persons/?limit=1" -H "Authorization: Bearer $TOKEN"

Stop with Ctrl-C: tenants, tokens and the deletion log are kept.
`;

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const readingLine = (file: string): string =>
  `  ADMIN_TOKEN=$(node -p 'process.loadEnvFile(process.argv[1]); process.env.ADMIN_TOKEN' ${quoted(file)})`;

const givenLine = `  : "\${ADMIN_TOKEN:?set it to the ADMIN_TOKEN that npm start was given}"`;
