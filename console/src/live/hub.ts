// Every watch of the page over one connection. Equal watches are shared, stay a moment after their last reader left
// (so that going back and forth costs nothing), and tell their readers once for each frame that the screen shows.
import { Connection, type Link } from "./connection";
import { applyFrames, type Collection, type Frame, NOTHING_YET } from "./frames";

const LINGER_MS = 10_000;
const RETRY_MS = 5_000;
/** A hidden page gets no animation frames; it still keeps up. */
const HIDDEN_MS = 1_000;
/** The server serves 64 at a time. */
const MOST_WATCHES = 60;
/** Worth asking again by itself: too many requests, and the server's own troubles. */
const isPassing = (code: number) => code === 429 || code >= 500;

type Message = Frame & { id: number };

interface Watch {
  id: number;
  path: string;
  query: string;
  collection: Collection;
  pending: Frame[];
  readers: Set<() => void>;
  leaving?: ReturnType<typeof setTimeout>;
}

export class LiveHub {
  private readonly watches = new Map<string, Watch>();
  private readonly byId = new Map<number, Watch>();
  private readonly linkReaders = new Set<() => void>();
  private readonly connection: Connection;
  private nextId = 1;
  private isFlushing = false;
  private linkState: Link = "connecting";

  constructor(
    url: string,
    private readonly onUnauthorized: () => void,
  ) {
    this.connection = new Connection(url, {
      onOpen: () => this.askAll(),
      onMessage: (message) => this.take(message as Message),
      onLink: (link) => this.setLink(link),
    });
  }

  start(): void {
    this.connection.start();
  }

  stop(): void {
    this.connection.stop();
  }

  get link(): Link {
    return this.linkState;
  }

  onLinkChange = (reader: () => void): (() => void) => {
    this.linkReaders.add(reader);
    return () => this.linkReaders.delete(reader);
  };

  /** Read a watch until the returned function is called. */
  subscribe(path: string, query: string, reader: () => void): () => void {
    const watch = this.watches.get(keyOf(path, query)) ?? this.open(path, query);
    clearTimeout(watch.leaving);
    watch.readers.add(reader);
    return () => {
      watch.readers.delete(reader);
      if (watch.readers.size === 0) watch.leaving = setTimeout(() => this.close(watch), LINGER_MS);
    };
  }

  snapshot(path: string, query: string): Collection {
    return this.watches.get(keyOf(path, query))?.collection ?? NOTHING_YET;
  }

  private open(path: string, query: string): Watch {
    if (this.watches.size >= MOST_WATCHES) this.closeOneIdle();
    const watch = {
      id: this.nextId++,
      path,
      query,
      collection: NOTHING_YET,
      pending: [],
      readers: new Set<() => void>(),
    };
    this.watches.set(keyOf(path, query), watch);
    this.byId.set(watch.id, watch);
    this.ask(watch);
    return watch;
  }

  private close(watch: Watch): void {
    clearTimeout(watch.leaving);
    this.connection.send({ id: watch.id, stop: true });
    this.watches.delete(keyOf(watch.path, watch.query));
    this.byId.delete(watch.id);
  }

  private closeOneIdle(): void {
    const idle = [...this.watches.values()].find((watch) => watch.readers.size === 0);
    if (idle) this.close(idle);
  }

  private ask(watch: Watch): void {
    this.connection.send({ id: watch.id, watch: watch.path, query: watch.query });
  }

  private askAll(): void {
    for (const watch of this.watches.values()) this.ask(watch);
  }

  private take(message: Message): void {
    const watch = this.byId.get(message.id);
    if (!watch) return;
    watch.pending.push(message);
    if ("error" in message) this.onError(watch, message.error.code ?? 0);
    this.flushSoon();
  }

  private onError(watch: Watch, code: number): void {
    if (code === 401) this.onUnauthorized();
    else if (isPassing(code)) setTimeout(() => this.byId.has(watch.id) && this.ask(watch), RETRY_MS);
  }

  private flushSoon(): void {
    if (this.isFlushing) return;
    this.isFlushing = true;
    if (document.visibilityState === "hidden") setTimeout(this.flush, HIDDEN_MS);
    else requestAnimationFrame(this.flush);
  }

  private readonly flush = (): void => {
    this.isFlushing = false;
    for (const watch of this.watches.values()) {
      if (!watch.pending.length) continue;
      watch.collection = applyFrames(watch.collection, watch.pending);
      watch.pending = [];
      for (const reader of watch.readers) reader();
    }
  };

  private setLink(link: Link): void {
    this.linkState = link;
    for (const reader of this.linkReaders) reader();
  }
}

function keyOf(path: string, query: string): string {
  return `${path}?${query}`;
}
