// Services, what they need, and how they are reached from outside: names are always shown, every node is a link.
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Checked } from "../../api/stacks";
import { type Edge, layout, type Placed } from "../../domain/graph";
import { serviceLevel, type Stack } from "../../domain/stacks";
import type { Level } from "../../domain/state";
import { useI18n } from "../../i18n/i18n";
import { Globe, Link2 } from "../../ui/icons";
import { Notice } from "../../ui/Notice";
import { Empty, Shimmer } from "../../ui/Page";
import { LevelIcon } from "../../ui/State";
import styles from "./StackGraph.module.css";
import { useStackCheck } from "./useStackCheck";

const WIDTH_PX = 190;
const HEIGHT_PX = 66;
const GAP_X_PX = 90;
const GAP_Y_PX = 20;
const OUTSIDE = "\u0000outside";

/** The graph of a stack that is there. */
export function StackGraph({ stack }: { stack: Stack }) {
  const { t } = useI18n();
  const { checked, refusal } = useStackCheck(stack.metadata.name, stack.spec);
  if (refusal) return <Notice level="bad">{refusal.message}</Notice>;
  if (!checked) return <Shimmer label={t("live.loading")} />;
  return <Graph checked={checked} stack={stack} />;
}

/** The graph of what files ask for, with the state of the services when the stack is there. */
export function Graph({ checked, stack }: { checked: Checked; stack?: Stack }) {
  const { t } = useI18n();
  const { edges, plan } = useMemo(() => {
    const drawn = edgesOf(checked);
    const outside = checked.rules.length ? [OUTSIDE] : [];
    const names = [...outside, ...checked.services.map(({ name }) => name), ...checked.externals];
    return { edges: drawn, plan: layout(names, drawn) };
  }, [checked]);
  if (!plan.nodes.length) return <Empty>{t("stacks.noServices")}</Empty>;
  const at = new Map(plan.nodes.map((node) => [node.name, node]));
  const width = plan.columns * (WIDTH_PX + GAP_X_PX) - GAP_X_PX;
  const height = plan.rows * (HEIGHT_PX + GAP_Y_PX) - GAP_Y_PX;
  return (
    <div className={styles.scroll} tabIndex={0} role="group" aria-label={t("tab.graph")}>
      <div className={styles.graph} style={{ width, height }}>
        <svg width={width} height={height} aria-hidden className={styles.lines}>
          {edges.map(({ from, to }) => (
            <path key={`${from}>${to}`} d={line(at.get(from), at.get(to))} />
          ))}
        </svg>
        <ul className={styles.nodes}>
          {plan.nodes.map((node) => (
            <li key={node.name} style={{ left: x(node), top: y(node), width: WIDTH_PX, height: HEIGHT_PX }}>
              <Node name={node.name} checked={checked} stack={stack} />
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function Node({ name, checked, stack }: { name: string; checked: Checked; stack?: Stack }) {
  const { t } = useI18n();
  if (name === OUTSIDE) {
    const hosts = [...new Set(checked.rules.map(({ host }) => host || "*"))].join(", ");
    return (
      <div className={styles.node} data-part="outside">
        <b className={styles.name}>
          <Globe size={15} aria-hidden /> {t("stacks.outside")}
        </b>
        <span className={styles.more}>{hosts}</span>
      </div>
    );
  }
  const service = checked.services.find((one) => one.name === name);
  if (!service) {
    return (
      <div className={styles.node} data-part="external">
        <b className={styles.name}>
          <Link2 size={15} aria-hidden /> {name}
        </b>
        <span className={styles.more}>{t("stacks.external")}</span>
      </div>
    );
  }
  const live = stack?.status?.services?.find((one) => one.name === name);
  const level: Level = live ? serviceLevel(live) : "idle";
  const count = live ? t("health.label", { ready: live.ready, desired: live.desired }) : service.kind;
  const needs = service.needs.length ? t("stacks.needs", { names: service.needs.join(", ") }) : "";
  const body = (
    <>
      <b className={styles.name}>
        <LevelIcon level={level} size={15} /> {name}
      </b>
      <span className={styles.more}>{count}</span>
      {service.sidekicks.length > 0 && (
        <span className={styles.more}>{t("stacks.sidekicks", { names: service.sidekicks.join(", ") })}</span>
      )}
      <span className="unseen">{needs}</span>
    </>
  );
  if (!stack)
    return (
      <div className={styles.node} data-level={level}>
        {body}
      </div>
    );
  const params = { kind: service.kind, namespace: stack.metadata.namespace ?? "", name };
  return (
    <Link to="/workloads/$kind/$namespace/$name" params={params} className={styles.node} data-level={level}>
      {body}
    </Link>
  );
}

function edgesOf({ services, rules }: Checked): Edge[] {
  const needs = services.flatMap(({ name, needs: needed }) => needed.map((to) => ({ from: name, to })));
  const served = [...new Set(rules.map(({ service }) => service))].map((to) => ({ from: OUTSIDE, to }));
  return [...served, ...needs];
}

const x = ({ column }: Placed) => column * (WIDTH_PX + GAP_X_PX);
const y = ({ row }: Placed) => row * (HEIGHT_PX + GAP_Y_PX);

/** A curve from the right side of one node to the left side of another. */
function line(from: Placed | undefined, to: Placed | undefined): string {
  if (!from || !to) return "";
  const [x1, y1] = [x(from) + WIDTH_PX, y(from) + HEIGHT_PX / 2];
  const [x2, y2] = [x(to), y(to) + HEIGHT_PX / 2];
  const bend = Math.max(30, (x2 - x1) / 2);
  return `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2 - 7},${y2} m-6,-4 l6,4 l-6,4`;
}
