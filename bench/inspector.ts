/** Talks to the inspector of a workerd, in the protocol of Chrome's developer tools. */
import * as z from 'zod';

const Targets = z.tuple([z.object({ webSocketDebuggerUrl: z.string() })]).rest(z.unknown());
/** A command without a result is answered without one. */
const Answer = z.object({ id: z.int(), result: z.unknown().optional() });

export class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #sent = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const answer = Answer.safeParse(JSON.parse(String(data)));
      if (answer.success) this.#waiting.get(answer.data.id)?.(answer.data.result);
    });
  }

  /** `address` is the host and port the inspector listens on. */
  static async connect(address: string): Promise<Inspector> {
    const [target] = Targets.parse(await (await fetch(`http://${address}/json`)).json());
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', () => reject(new Error('the inspector cannot be reached')), {
        once: true,
      });
    });
    return new Inspector(socket);
  }

  /** Sends a command and waits for its result. */
  send(method: string, params: object = {}): Promise<unknown> {
    this.#sent += 1;
    const id = this.#sent;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, resolve);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return promise;
  }

  close(): void {
    this.#socket.close();
  }
}
