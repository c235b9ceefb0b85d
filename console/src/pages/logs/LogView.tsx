// Lines are written into the page by hand, in blocks that the browser skips while out of sight: fifty thousand lines
// scroll smoothly, and text that the reader selects stays selected while more arrives.
import { useEffect, useRef } from "react";
import type { Block, LogBuffer } from "./buffer";
import styles from "./LogPanel.module.css";

interface LogViewProps {
  buffer: LogBuffer;
  sought: string;
  isFollowing: boolean;
  onFollow: (isFollowing: boolean) => void;
  label: string;
}

const AT_END_PX = 30;

export function LogView({ buffer, sought, isFollowing, onFollow, label }: LogViewProps) {
  const view = useRef<HTMLDivElement>(null);
  const following = useRef(isFollowing);
  following.current = isFollowing;

  useEffect(() => {
    const place = view.current;
    if (!place) return undefined;
    const writer = new Writer(place, sought.trim().toLowerCase());
    let frame = 0;
    const draw = () => {
      frame = 0;
      writer.write(buffer.all());
      if (following.current) place.scrollTop = place.scrollHeight;
    };
    const forget = buffer.onChange(() => {
      frame ||= requestAnimationFrame(draw);
    });
    draw();
    return () => {
      forget();
      cancelAnimationFrame(frame);
    };
  }, [buffer, sought]);

  useEffect(() => {
    if (isFollowing && view.current) view.current.scrollTop = view.current.scrollHeight;
  }, [isFollowing]);

  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = view.current ?? {
      scrollTop: 0,
      scrollHeight: 0,
      clientHeight: 0,
    };
    const isAtEnd = scrollHeight - scrollTop - clientHeight < AT_END_PX;
    if (isAtEnd !== following.current) onFollow(isAtEnd);
  };
  return (
    <div
      ref={view}
      className={styles.view}
      role="log"
      aria-live="off"
      aria-label={label}
      tabIndex={0}
      onScroll={onScroll}
    />
  );
}

/** Writes what is new, drops what left the buffer. */
class Writer {
  private readonly written = new Map<number, { element: HTMLElement; count: number }>();

  constructor(
    private readonly place: HTMLElement,
    private readonly sought: string,
  ) {
    place.replaceChildren();
  }

  write(blocks: readonly Block[]): void {
    const first = blocks[0]?.number ?? 0;
    for (const [number, { element }] of this.written) {
      if (number >= first) continue;
      element.remove();
      this.written.delete(number);
    }
    for (const block of blocks) this.writeBlock(block);
  }

  private writeBlock(block: Block): void {
    let known = this.written.get(block.number);
    if (!known) {
      known = { element: document.createElement("div"), count: 0 };
      known.element.className = styles.block ?? "";
      this.place.append(known.element);
      this.written.set(block.number, known);
    }
    if (known.count === block.lines.length) return;
    const fresh = block.lines.slice(known.count).filter((line) => line.toLowerCase().includes(this.sought));
    known.element.append(...fresh.map((line) => this.lineOf(line)));
    known.count = block.lines.length;
  }

  private lineOf(line: string): HTMLElement {
    const element = document.createElement("div");
    element.className = styles.line ?? "";
    const at = this.sought ? line.toLowerCase().indexOf(this.sought) : -1;
    if (at < 0) {
      element.textContent = line;
      return element;
    }
    const mark = document.createElement("mark");
    mark.textContent = line.slice(at, at + this.sought.length);
    element.append(line.slice(0, at), mark, line.slice(at + this.sought.length));
    return element;
  }
}
