import { failure, type Failure } from '../../../core/failure.ts';
import type { TokenId } from '../../../core/ids.ts';
import type { OperatorName } from '../../../core/operators.ts';

/** Which operators stand behind deletions: they minted the token that asked or confirmed, or one it was derived from. */
export class Minters {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** `operator` is null where it is not known: of tokens from before it was remembered. */
  record(token: TokenId, operator: OperatorName | null): void {
    if (operator === null) return;
    this.#sql
      .exec(
        'INSERT INTO token_minters SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM token_minters WHERE token = ?1)',
        token,
        operator,
      )
      .toArray();
  }

  /** The refusal of an approval by an operator who stands behind the deletion; null where another one approves. */
  checkApprover(number: number, approver: OperatorName): Failure | null {
    const behind = this.#sql
      .exec(
        `SELECT 1 FROM token_minters WHERE operator = ?1 AND token IN (
           SELECT token FROM intents WHERE entry = ?2
           UNION SELECT actor FROM transitions WHERE entry = ?2 AND event = 'confirmed')`,
        approver,
        number,
      )
      .toArray();
    return behind.length === 0
      ? null
      : failure(
          'approver_not_independent',
          `${approver} minted the token that asked for this deletion or confirmed it, or one that it was derived from. Another operator has to approve it.`,
        );
  }
}
