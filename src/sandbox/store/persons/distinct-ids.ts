/** What a distinct id says by its spelling. */

/** PostHog takes five groups of letters and digits with dashes between for an id its own library made up. */
export function isAnonymous(distinctId: string): boolean {
  return /^([a-z0-9]+-){4}[a-z0-9]+$/i.test(distinctId);
}

/** Is one of these distinct ids identified, that is, chosen by the project and not made by a library? */
export function hasChosenId(distinctIds: readonly string[]): boolean {
  return distinctIds.some((id) => !isAnonymous(id));
}

/** 32 bits of a text (FNV-1a), another 32 for every salt. */
function hash(salt: number, text: string): string {
  let bits = (0x811c9dc5 ^ salt) >>> 0;
  for (const byte of new TextEncoder().encode(text)) bits = Math.imul(bits ^ byte, 0x01000193) >>> 0;
  return bits.toString(16).padStart(8, '0');
}

/**
 * The UUID of a person that comes into being under a distinct id: always the same one in a project (corrections §3,
 * 2.21). PostHog computes a version 5 UUID; the sandbox's has its form only.
 */
export function derivedUuid(projectId: number, distinctId: string): string {
  const hex = [1, 2, 3, 4].map((salt) => hash(salt, `${String(projectId)}:${distinctId}`)).join('');
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-5$3-8$4-$5');
}
