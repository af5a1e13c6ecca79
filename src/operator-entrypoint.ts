/** The way in for the console: a service binding leads here, and no public route can. */
import { WorkerEntrypoint } from 'cloudflare:workers';
import { appOf, type Env } from './app.ts';
import type { SessionBook, SessionId, SessionToEnd } from './contract/operators/session-book.ts';

/** Serves the admin plane as the operator that the bound Worker names, with the role that it has now. */
export class OperatorEntrypoint extends WorkerEntrypoint<Env> implements SessionBook {
  override fetch(request: Request): Response | Promise<Response> {
    return appOf(this.env).serveOperator(request, this.ctx);
  }

  endSession(session: SessionToEnd): Promise<boolean> {
    return appOf(this.env).sessions.endSession(session);
  }

  isSessionEnded(id: SessionId): Promise<boolean> {
    return appOf(this.env).sessions.isSessionEnded(id);
  }
}
