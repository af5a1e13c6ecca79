import * as z from 'zod/mini';
import { LIMITS } from './limits.ts';

/** A tenant's name: what the operator calls it in paths. Lower case, so that no two names differ by case alone. */
export const TenantId = z
  .string()
  .check(
    z.regex(
      /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
      'must be 1 to 63 of a-z, 0-9 and -, not starting or ending with -',
    ),
  )
  .brand<'TenantId'>();
export type TenantId = z.output<typeof TenantId>;

/** Names an issued token; not secret. */
export const TokenId = z
  .string()
  .check(z.regex(/^tok_[A-Za-z0-9_-]{22}$/, 'must be a token id, tok_…'))
  .brand<'TokenId'>();
export type TokenId = z.output<typeof TokenId>;

/**
 * Names one registration of a tenant. A tenant that is removed and registered again under the same name has another
 * one, so that nothing of the earlier holder reaches the later one.
 */
export const RegistrationId = z
  .string()
  .check(z.regex(/^reg_[A-Za-z0-9_-]{22}$/, 'must be a registration id, reg_…'))
  .brand<'RegistrationId'>();
export type RegistrationId = z.output<typeof RegistrationId>;

/** Names one entry of a tenant's deletion log. */
export const DeletionId = z
  .string()
  .check(z.regex(/^del_[A-Za-z0-9_-]{22}$/, 'must be a deletion id, del_…'))
  .brand<'DeletionId'>();
export type DeletionId = z.output<typeof DeletionId>;

/** Names one alarm, and the message that carries it out of the gateway. */
export const AlarmId = z
  .string()
  .check(z.regex(/^alm_[A-Za-z0-9_-]{22}$/, 'must be an alarm id, alm_…'))
  .brand<'AlarmId'>();
export type AlarmId = z.output<typeof AlarmId>;

/** What a client calls one of its requests, so that sending it again does nothing a second time. */
export const IdempotencyKey = z
  .string()
  .check(z.regex(/^[\x20-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters'))
  .brand<'IdempotencyKey'>();
export type IdempotencyKey = z.output<typeof IdempotencyKey>;

/**
 * Who or what is behind a token: an end user, or a ticket, in the words of the token's minter. The log shows it to people,
 * so nothing is in it that cannot be seen or that turns text around.
 */
export const Actor = z
  .string()
  .check(
    z.maxLength(LIMITS.actorCharsMax),
    z.regex(
      /^(?! )[^\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]+(?<! )$/u,
      'must be printable characters, not beginning or ending with a space',
    ),
  )
  .brand<'Actor'>();
export type Actor = z.output<typeof Actor>;

/** Names one request; in every answer and log line. */
export type RequestId = string & z.core.$brand<'RequestId'>;

/** PostHog's team (environment) number, the same in both path families (PostHog contract §2). */
export const ProjectId = z.int().check(z.minimum(1), z.maximum(2_147_483_647)).brand<'ProjectId'>();
export type ProjectId = z.output<typeof ProjectId>;

/** A person's UUID, in lower case. */
export const PersonUuid = z
  .pipe(
    z.string().check(z.regex(/^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, 'must be a UUID')),
    z.transform((text) => text.toLowerCase()),
  )
  .brand<'PersonUuid'>();
export type PersonUuid = z.output<typeof PersonUuid>;

/** A person as the path names one: its number or its UUID, never a distinct id (PostHog contract §8, 11). */
export const PersonRef = z.union(
  [
    z
      .string()
      .check(z.regex(/^[1-9][0-9]{0,14}$/, 'must be a person number or UUID'))
      .brand<'PersonNumber'>(),
    PersonUuid,
  ],
  { error: 'must be a person number or UUID' },
);
export type PersonRef = z.output<typeof PersonRef>;

/** Random bytes, as many as asked for. Passed in, so that tests choose them. */
export type Random = (bytes: number) => Uint8Array;

const ID_BYTES = 16;

const randomText = (random: Random): string =>
  random(ID_BYTES).toBase64({ alphabet: 'base64url', omitPadding: true });

export const newTokenId = (random: Random): TokenId => TokenId.parse(`tok_${randomText(random)}`);
export const newRegistrationId = (random: Random): RegistrationId =>
  RegistrationId.parse(`reg_${randomText(random)}`);
export const newDeletionId = (random: Random): DeletionId => DeletionId.parse(`del_${randomText(random)}`);

export const newAlarmId = (random: Random): AlarmId => AlarmId.parse(`alm_${randomText(random)}`);

const RequestIdText = z.string().brand<'RequestId'>();
export const newRequestId = (random: Random): RequestId => RequestIdText.parse(`req_${randomText(random)}`);
