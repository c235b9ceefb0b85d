import { useState } from "react";
import { PRICE_LISTS, setPrices } from "../../api/costs";
import { money, type Price } from "../../domain/costs";
import { useI18n } from "../../i18n/i18n";
import { useLive } from "../../live/useLive";
import { useActing } from "../../ui/Actions";
import { type Column, DataTable } from "../../ui/DataTable";
import { Button, Group, Stack, TextInput } from "../../ui/kit";
import { Notice } from "../../ui/Notice";
import { WhenLive } from "../../ui/Page";
import styles from "./Costs.module.css";

const FIELDS = ["cpuHour", "memoryGiBHour", "storageGiBHour", "trafficGiB"] as const;
const NOTHING = { from: "", cpuHour: "", memoryGiBHour: "", storageGiBHour: "", trafficGiB: "" };

/** Dated prices; a new list holds from its day on, and what was before keeps its price. */
export function Prices() {
  const { t } = useI18n();
  const live = useLive(PRICE_LISTS);
  const list = live.items.find(({ metadata }) => metadata.name === "default");
  const currency = list?.spec.currency ?? "EUR";
  return (
    <Stack>
      <p className={styles.lead}>{list ? t("prices.lead") : t("prices.usual")}</p>
      <WhenLive live={live}>
        <DataTable
          label={t("costs.prices")}
          rows={list?.spec.prices ?? []}
          columns={useColumns(currency)}
          keyOf={({ from }) => from}
          sortedBy="from"
          isDescending
          empty={t("prices.none")}
          rowHeight={38}
        />
      </WhenLive>
      <NewPrices key={list?.metadata.resourceVersion} prices={list?.spec.prices ?? []} currency={list?.spec.currency} />
    </Stack>
  );
}

function useColumns(currency: string): Column<Price>[] {
  const { t, language } = useI18n();
  return [
    { id: "from", title: t("prices.from"), cell: ({ from }) => <b>{from}</b>, sortBy: ({ from }) => from },
    ...FIELDS.map((field) => ({
      id: field,
      title: t(`prices.${field}`),
      cell: (price: Price) => (price[field] ? money(price[field] ?? "0", currency, language) : "–"),
    })),
  ];
}

function NewPrices({ prices, currency: known }: { prices: readonly Price[]; currency?: string }) {
  const { t } = useI18n();
  const { explain } = useActing();
  const [price, setPrice] = useState<Record<keyof typeof NOTHING, string>>(NOTHING);
  const [currency, setCurrency] = useState(known ?? "EUR");
  const [refusal, setRefusal] = useState("");
  const save = async () => {
    const given = Object.fromEntries(Object.entries(price).filter(([, value]) => value)) as unknown as Price;
    try {
      await setPrices(currency, [...prices, given]);
      setPrice(NOTHING);
      setRefusal("");
    } catch (error) {
      setRefusal(explain(error));
    }
  };
  const field = (name: keyof typeof NOTHING, isNeeded: boolean) => (
    <TextInput
      key={name}
      label={t(`prices.${name}`)}
      w={150}
      required={isNeeded}
      placeholder={name === "from" ? "2026-01-31" : "0.03"}
      value={price[name]}
      onChange={(event) => setPrice({ ...price, [name]: event.currentTarget.value.trim() })}
    />
  );
  return (
    <section aria-label={t("prices.new")}>
      <Group align="end">
        {field("from", true)}
        {FIELDS.map((name) => field(name, name === "cpuHour" || name === "memoryGiBHour"))}
        <TextInput
          label={t("prices.currency")}
          w={90}
          disabled={!!known}
          value={currency}
          onChange={(event) => setCurrency(event.currentTarget.value.toUpperCase().trim())}
        />
        <Button disabled={!price.from || !price.cpuHour || !price.memoryGiBHour} onClick={() => void save()}>
          {t("common.add")}
        </Button>
      </Group>
      {refusal && (
        <Notice level="bad" role="alert">
          {refusal}
        </Notice>
      )}
    </section>
  );
}
