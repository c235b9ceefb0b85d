import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { type CatalogEntry, newestVersion } from "../../domain/catalog";
import { useI18n } from "../../i18n/i18n";
import { Search } from "../../ui/icons";
import { Group, Select, Stack, TextInput } from "../../ui/kit";
import { Empty } from "../../ui/Page";
import { EntryIcon } from "./EntryIcon";
import styles from "./Catalog.module.css";

/** What can be installed, as tiles; found by name, description and category. */
export function EntryGrid({ entries }: { entries: readonly CatalogEntry[] }) {
  const { t } = useI18n();
  const [sought, setSought] = useState("");
  const [category, setCategory] = useState("");
  const categories = [...new Set(entries.flatMap(({ spec }) => spec.category || []))].sort();
  const words = sought.trim().toLowerCase();
  const shown = entries
    .filter(({ spec }) => !category || spec.category === category)
    .filter(({ spec }) => `${spec.name} ${spec.title} ${spec.description}`.toLowerCase().includes(words))
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return (
    <Stack>
      <Group>
        <TextInput
          w={260}
          leftSection={<Search size={15} aria-hidden />}
          placeholder={t("list.find")}
          aria-label={t("list.find")}
          value={sought}
          onChange={(event) => setSought(event.currentTarget.value)}
        />
        <Select
          w={220}
          aria-label={t("catalog.category")}
          placeholder={t("catalog.allCategories")}
          data={categories}
          clearable
          value={category || null}
          onChange={(value) => setCategory(value ?? "")}
        />
      </Group>
      {shown.length === 0 && <Empty>{entries.length ? t("list.noMatch") : t("catalog.noEntries")}</Empty>}
      <ul className={styles.tiles}>
        {shown.map((entry) => (
          <li key={entry.metadata.uid}>
            <Tile entry={entry} />
          </li>
        ))}
      </ul>
    </Stack>
  );
}

function Tile({ entry }: { entry: CatalogEntry }) {
  const { t } = useI18n();
  const { spec } = entry;
  return (
    <Link to="/catalog/$entry" params={{ entry: entry.metadata.name }} className={styles.tile}>
      <EntryIcon entry={entry} size={40} />
      <span className={styles.facts}>
        <b>{spec.title || spec.name}</b>
        <span className={styles.small}>
          {[spec.catalog, t("catalog.version", { version: newestVersion(entry) }), spec.category]
            .filter(Boolean)
            .join(" · ")}
        </span>
        <span className={styles.description}>{spec.description}</span>
      </span>
    </Link>
  );
}
