// The last lines of a log: old ones leave in whole blocks, so that what is in sight stays where it is.

export const BLOCK_LINES = 200;
const MOST_BLOCKS = 250;
const COLOURS = /\u001b\[[0-9;?]*[A-Za-z]/g;

export interface Block {
  number: number;
  lines: string[];
}

export class LogBuffer {
  private blocks: Block[] = [{ number: 0, lines: [] }];
  private readonly readers = new Set<() => void>();

  /** Add lines at the end; terminal colours are left out. */
  add(lines: readonly string[]): void {
    for (const line of lines) {
      let last = this.blocks.at(-1);
      if (!last || last.lines.length >= BLOCK_LINES) {
        last = { number: (last?.number ?? -1) + 1, lines: [] };
        this.blocks.push(last);
      }
      last.lines.push(line.replace(COLOURS, ""));
    }
    if (this.blocks.length > MOST_BLOCKS) this.blocks = this.blocks.slice(-MOST_BLOCKS);
    for (const reader of this.readers) reader();
  }

  /** Start again; block numbers go on, so that no reader takes a new block for an old one. */
  clear(): void {
    this.blocks = [{ number: (this.blocks.at(-1)?.number ?? -1) + 1, lines: [] }];
    for (const reader of this.readers) reader();
  }

  onChange(reader: () => void): () => void {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  }

  all(): readonly Block[] {
    return this.blocks;
  }

  text(): string {
    return this.blocks.flatMap((block) => block.lines).join("\n");
  }
}
