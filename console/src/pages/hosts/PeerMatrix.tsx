// Who reaches whom over the overlay: a coloured field for each pair, and a sentence for each that does not.
import { useMemo } from "react";
import { PEER_REPORTS } from "../../api/hosts";
import type { Host } from "../../domain/objects";
import { matrixOf, type Matrix, type Pair, type PeerState } from "../../domain/peers";
import type { Level } from "../../domain/state";
import { type I18n, useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { Notice } from "../../ui/Notice";
import { Card, Empty, WhenLive } from "../../ui/Page";
import { LevelIcon } from "../../ui/State";
import styles from "./PeerMatrix.module.css";

const LEVELS: Record<PeerState, Level> = { established: "ok", unreachable: "bad", untested: "idle", unknown: "warn" };

export function PeerMatrix({ hosts }: { hosts: readonly Host[] }) {
  const { t } = useI18n();
  const live = useLive(PEER_REPORTS);
  const matrix = useMemo(() => matrixOf(hosts, live.items), [hosts, live.items]);
  return (
    <Card title={t("peers.title")} beside={matrix.drivers.map((driver) => t("peers.driver", { driver })).join(", ")}>
      <WhenLive live={live}>
        {matrix.pairs.length ? <Found matrix={matrix} /> : <Empty>{t("peers.single")}</Empty>}
      </WhenLive>
    </Card>
  );
}

function Found({ matrix }: { matrix: Matrix }) {
  const i18n = useI18n();
  const { t } = i18n;
  const troubles = matrix.pairs.filter((pair) => pair.state !== "established");
  return (
    <div className={styles.found}>
      <p className={styles.lead} role="status">
        {troubles.length
          ? t("peers.some", { count: troubles.length, all: matrix.pairs.length })
          : t("peers.all", { count: matrix.pairs.length })}
      </p>
      <div className={styles.scroll}>
        <Table matrix={matrix} />
      </div>
      {troubles.map((pair) => (
        <Notice key={`${pair.from}>${pair.to}`} level={LEVELS[pair.state]}>
          {sentence(pair, i18n)}
        </Notice>
      ))}
    </div>
  );
}

function Table({ matrix: { hosts, pairs } }: { matrix: Matrix }) {
  const i18n = useI18n();
  const { t } = i18n;
  const at = new Map(pairs.map((pair) => [`${pair.from}>${pair.to}`, pair]));
  return (
    <table className={styles.matrix} aria-label={t("peers.title")}>
      <thead>
        <tr>
          <th scope="col">{t("peers.fromTo")}</th>
          {hosts.map((to) => (
            <th key={to} scope="col">
              {to}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {hosts.map((from) => (
          <tr key={from}>
            <th scope="row">{from}</th>
            {hosts.map((to) => (
              <Field key={to} pair={at.get(`${from}>${to}`)} i18n={i18n} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Field({ pair, i18n }: { pair?: Pair; i18n: I18n }) {
  if (!pair) return <td className={styles.self} />;
  const said = sentence(pair, i18n);
  return (
    <td className={styles.pair} data-level={LEVELS[pair.state]} title={said}>
      <span className={styles.mark}>
        <LevelIcon level={LEVELS[pair.state]} size={15} />
        <span aria-hidden>{pair.milliseconds ? i18n.t("peers.ms", { ms: pair.milliseconds }) : ""}</span>
        <span className="unseen">{said}</span>
      </span>
    </td>
  );
}

function sentence({ from, to, state, message = "" }: Pair, { t }: I18n): string {
  if (state === "unreachable") return t("peers.unreachable", { from, to, why: message });
  return t(`peers.${state}`, { from, to });
}
