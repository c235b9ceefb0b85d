// A shell in a container. Bytes go over a websocket of the API itself, the same that `kubectl exec -it` uses.
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { useEffect, useRef, useState } from "react";
import { objectPath, PODS } from "../../api/resources";
import { type ExecEnd, inputFrame, PROTOCOL, readFrame, resizeFrame } from "../../domain/exec";
import type { Pod } from "../../domain/objects";
import { useI18n } from "../../i18n/i18n";
import { Button, Group, Select, TextInput } from "../../ui/kit";
import { Notice } from "../../ui/Notice";
import styles from "./Terminal.module.css";

const SHELL = "command -v bash >/dev/null && exec bash || exec sh";
const COLOURS = { background: "#10201e", foreground: "#dcebe6", cursor: "#f2b134" };

export function TerminalPanel({ pod }: { pod: Pod }) {
  const { t } = useI18n();
  const containers = pod.spec.containers.map(({ name }) => name);
  const [container, setContainer] = useState(containers[0] ?? "");
  const [command, setCommand] = useState(SHELL);
  const [session, setSession] = useState<{ number: number; container: string; command: string }>();
  const [end, setEnd] = useState<ExecEnd>();
  const open = () => {
    setEnd(undefined);
    setSession({ number: (session?.number ?? 0) + 1, container, command });
  };
  return (
    <div className={styles.panel}>
      <Group align="end">
        {containers.length > 1 && (
          <Select
            label={t("logs.container")}
            allowDeselect={false}
            data={containers}
            value={container}
            onChange={(value) => setContainer(value ?? "")}
          />
        )}
        <TextInput
          label={t("run.command")}
          flex={1}
          value={command}
          onChange={(event) => setCommand(event.currentTarget.value)}
        />
        <Button onClick={open}>{session ? t("terminal.again") : t("terminal.open")}</Button>
      </Group>
      {session && (
        <Session
          key={session.number}
          path={execPath(pod, session.container, session.command)}
          label={t("terminal.label", { name: pod.metadata.name })}
          onEnd={setEnd}
        />
      )}
      {end && (
        <Notice level={end.exitCode === 0 ? "idle" : "warn"} role="status">
          {end.message
            ? t("terminal.failed", { why: end.message })
            : end.exitCode === 0
              ? t("terminal.ended")
              : t("terminal.lost")}
        </Notice>
      )}
    </div>
  );
}

/** The command is given to a shell, so that quotes mean what they mean there. */
function execPath(pod: Pod, container: string, command: string): string {
  const { namespace = "", name } = pod.metadata;
  const query = new URLSearchParams({ container, stdin: "true", stdout: "true", tty: "true" });
  for (const word of ["sh", "-c", command]) query.append("command", word);
  return `${objectPath(PODS, namespace, name)}/exec?${query}`;
}

interface SessionProps {
  path: string;
  label: string;
  onEnd: (end: ExecEnd) => void;
}

function Session({ path, label, onEnd }: SessionProps) {
  const place = useRef<HTMLDivElement>(null);
  const tell = useRef(onEnd);
  tell.current = onEnd;
  useEffect(() => {
    if (!place.current) return undefined;
    const terminal = new Terminal({ fontSize: 13, cursorBlink: true, theme: COLOURS, screenReaderMode: true });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(place.current);
    fit.fit();
    const close = connect(terminal, path, (end) => tell.current(end));
    const watching = new ResizeObserver(() => fit.fit());
    watching.observe(place.current);
    terminal.focus();
    return () => {
      watching.disconnect();
      close();
      terminal.dispose();
    };
  }, [path]);
  return <div ref={place} className={styles.terminal} role="application" aria-label={label} />;
}

/** Join a terminal and a container until either ends; the returned function ends it. */
function connect(terminal: Terminal, path: string, onEnd: (end: ExecEnd) => void): () => void {
  const socket = new WebSocket(`wss://${location.host}${path}`, PROTOCOL);
  socket.binaryType = "arraybuffer";
  let isTold = false;
  const finish = (end: ExecEnd) => {
    if (!isTold) onEnd(end);
    isTold = true;
  };
  const send = (frame: Uint8Array<ArrayBuffer>) => socket.readyState === WebSocket.OPEN && socket.send(frame);
  socket.onopen = () => send(resizeFrame(terminal.cols, terminal.rows));
  socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
    const received = readFrame(new Uint8Array(event.data));
    if (received && "output" in received) terminal.write(received.output);
    else if (received) finish(received.end);
  };
  socket.onclose = () => finish({ message: "" });
  const typing = terminal.onData((text) => send(inputFrame(text)));
  const sizing = terminal.onResize(({ cols, rows }) => send(resizeFrame(cols, rows)));
  return () => {
    isTold = true;
    typing.dispose();
    sizing.dispose();
    socket.close();
  };
}
