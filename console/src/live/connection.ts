// The one websocket of the page: opened again for ever, with growing pauses, and checked when it has been silent.

export type Link = "connecting" | "open" | "lost";

export interface Handlers {
  /** The socket is open: ask for everything again. */
  onOpen: () => void;
  onMessage: (message: unknown) => void;
  onLink: (link: Link) => void;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** A laptop that slept, or a network that changed, leaves a socket that only looks open. */
const SILENCE_MS = 20_000;
const ANSWER_MS = 5_000;

export class Connection {
  private socket: WebSocket | undefined;
  private pause = FIRST_PAUSE_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private isStopped = true;

  constructor(
    private readonly url: string,
    private readonly handlers: Handlers,
  ) {}

  start(): void {
    this.isStopped = false;
    window.addEventListener("online", this.hurry);
    document.addEventListener("visibilitychange", this.hurry);
    this.open();
  }

  stop(): void {
    this.isStopped = true;
    window.removeEventListener("online", this.hurry);
    document.removeEventListener("visibilitychange", this.hurry);
    clearTimeout(this.timer);
    clearTimeout(this.watchdog);
    this.socket?.close();
    this.socket = undefined;
  }

  /** Send when open; what is sent before is lost, and asked for again by `onOpen`. */
  send(message: unknown): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private open(): void {
    clearTimeout(this.timer);
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      this.pause = FIRST_PAUSE_MS;
      this.handlers.onLink("open");
      this.handlers.onOpen();
      this.listen();
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      this.listen();
      this.handlers.onMessage(JSON.parse(event.data));
    };
    socket.onclose = () => this.retry(socket);
  }

  private retry(socket: WebSocket): void {
    if (this.isStopped || socket !== this.socket) return;
    clearTimeout(this.watchdog);
    this.handlers.onLink("lost");
    // Half of each pause is chance, so that pages do not all come back at once.
    this.timer = setTimeout(() => this.open(), this.pause * (0.5 + Math.random() / 2));
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
  }

  private listen(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.ask(), SILENCE_MS);
  }

  private ask(): void {
    this.send({ ping: Date.now() });
    this.watchdog = setTimeout(() => this.abandon(), ANSWER_MS);
  }

  private abandon(): void {
    const { socket } = this;
    if (!socket) return;
    socket.onclose = null;
    socket.close();
    this.retry(socket);
  }

  private readonly hurry = (): void => {
    if (document.visibilityState === "hidden") return;
    if (this.socket?.readyState === WebSocket.OPEN) this.ask();
    else if (this.socket?.readyState === WebSocket.CLOSED) this.open();
  };
}
