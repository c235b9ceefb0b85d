import { barsOf, keyText, money, OTHERS, type Report } from "../../domain/costs";
import { useI18n } from "../../i18n/i18n";
import styles from "./Costs.module.css";

/** Keys with a colour of their own. */
const MOST = 5;

interface CostChartProps {
  months: readonly { month: string; report: Report }[];
  chosen: string;
  onChoose: (month: string) => void;
}

/** A stacked bar for each month; each is a button that shows its lines. */
export function CostChart({ months, chosen, onChoose }: CostChartProps) {
  const { t, language } = useI18n();
  const { bars, keys } = barsOf(months, MOST);
  const nameOf = (key: string) =>
    key === OTHERS ? t("costs.others") : keyText(key, t("costs.idle"), t("costs.unnamed"));
  const currency = months[0]?.report.currency ?? "EUR";
  return (
    <figure className={styles.chart} aria-label={t("costs.chart")}>
      <ul className={styles.bars}>
        {bars.map(({ month, total, parts }) => (
          <li key={month}>
            <button
              type="button"
              className={styles.month}
              aria-pressed={month === chosen}
              aria-label={t("costs.monthTotal", { month, total: money(total, currency, language) })}
              onClick={() => onChoose(month)}
            >
              <span className={styles.total}>{money(total, currency, language)}</span>
              <span className={styles.bar}>
                {parts.map(({ key, share, amount }) => (
                  <span
                    key={key}
                    data-part={keys.indexOf(key) % (MOST + 1)}
                    style={{ height: `${100 * share}%` }}
                    title={`${nameOf(key)}: ${money(amount, currency, language)}`}
                  />
                ))}
              </span>
              <span className={styles.name}>{month}</span>
            </button>
          </li>
        ))}
      </ul>
      <figcaption>
        <ul className={styles.legend}>
          {keys.map((key, index) => (
            <li key={key} data-part={index}>
              {nameOf(key)}
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}
