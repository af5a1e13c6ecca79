export const openApiText = (origin: string): string =>
  JSON.stringify({ openapi: '3.1.0', servers: [{ url: origin }] });
