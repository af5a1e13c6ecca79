import { Option } from '@commander-js/extra-typings';

/** `--tenant`, which an admin token needs where records are of one tenant. */
export const tenantOption = (what: string) => new Option('--tenant <tenant>', `${what}, with an admin token`);
