/** Runs before the other scripts, on any Node: they are TypeScript that Node itself runs, and an older one would say `SyntaxError`. */
'use strict';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
// 22.18 was the first to run TypeScript without a flag. 23 has no support any more.
const runs = major >= 24 || (major === 22 && minor >= 18);
if (!runs) {
  console.error(
    `Hedgerow needs Node 22.18 or newer (22 or 24, not 23); this is Node ${process.versions.node}.`,
  );
  process.exit(1);
}
