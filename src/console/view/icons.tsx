/** Icons, drawn in the colour of the text around them. All of them stand beside words, so they say nothing. */

const PATHS = {
  hedgerow:
    'M3 19c0-4 1.6-6 3.6-6S10 14.6 10 17c0-5 1.4-8.500 4-8.500S18 12 18 16c.4-1.800 1.200-3 2-3 .8 0 1 1 1 3v3z',
  overview: 'M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-4H4zM14 8h6V4h-6z',
  tenants: 'M4 20V7l8-3 8 3v13M9 20v-5h6v5M9 10h.01M15 10h.01',
  deletions: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.500 11v5M13.500 11v5',
  audit: 'M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5',
  warning: 'M12 4 2.500 20h19zM12 10v4M12 17h.01',
  good: 'M5 12.500l4.500 4.500L19 7.500',
} as const;
export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
