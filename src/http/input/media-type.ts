/** What a request says about its body: the media type and the coding. */

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PARAMETER = new RegExp(
  `[\\t ]*;[\\t ]*(?:(?<name>${TOKEN})=(?:(?<plain>${TOKEN})|"(?<quoted>(?:[^"\\\\]|\\\\.)*)"))?`,
  'y',
);
const JSON_TYPE = /^[\t ]*application\/json/i;
const UTF_8 = /^utf-?8$/i;

/** True for `application/json` in UTF-8. Other parameters and empty ones do not matter (RFC 9110 §8.3.1). */
export function isJsonInUtf8(contentType: string): boolean {
  const type = JSON_TYPE.exec(contentType)?.[0];
  if (type === undefined) return false;
  let at = type.length;
  while (at < contentType.length) {
    PARAMETER.lastIndex = at;
    const found = PARAMETER.exec(contentType);
    if (found === null) return contentType.slice(at).trim() === '';
    const { name, plain, quoted = '' } = found.groups ?? {};
    if (name?.toLowerCase() === 'charset' && !UTF_8.test(plain ?? quoted.replaceAll(/\\(.)/g, '$1'))) {
      return false;
    }
    at = PARAMETER.lastIndex;
  }
  return true;
}

/** True where the body is sent as it is. `identity` names no coding (RFC 9110 §12.5.3). */
export const isUncoded = (contentEncoding: string): boolean =>
  contentEncoding.split(',').every((coding) => /^(?:identity)?$/i.test(coding.trim()));
