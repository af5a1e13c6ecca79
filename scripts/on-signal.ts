/** Stops, and ends the process, when the operator or the system asks for it. */
export function onSignal(stop: () => Promise<void>): void {
  const end = () => void stop().finally(() => process.exit(0));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
}
