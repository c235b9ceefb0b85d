import { useState } from "react";
import { NAMESPACES } from "../api/resources";
import { useLive } from "../live/useLive";
import { useI18n } from "../i18n/i18n";
import { Combobox, InputBase, useCombobox } from "../ui/kit";
import { useNamespace } from "./namespace";

const MOST_SHOWN = 100;

/** Chooses a namespace or all of them; typing finds. */
export function NamespacePicker() {
  const { t } = useI18n();
  const [namespace, choose] = useNamespace();
  const [sought, setSought] = useState("");
  const names = useNamespaceNames();
  const box = useCombobox({
    onDropdownClose: () => {
      box.resetSelectedOption();
      setSought("");
    },
    onDropdownOpen: () => box.focusSearchInput(),
  });
  const found = names.filter((name) => name.includes(sought.trim().toLowerCase()));
  const onOption = (name: string) => {
    choose(name === "*" ? "" : name);
    box.closeDropdown();
  };
  return (
    <Combobox store={box} onOptionSubmit={onOption} width={260} position="bottom-start">
      <Combobox.Target>
        <InputBase
          component="button"
          type="button"
          pointer
          w={{ base: 150, sm: 200 }}
          styles={{ input: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" } }}
          rightSection={<Combobox.Chevron />}
          rightSectionPointerEvents="none"
          onClick={() => box.toggleDropdown()}
          aria-label={t("namespace.choose", { name: namespace || t("namespace.all") })}
        >
          {namespace || t("namespace.all")}
        </InputBase>
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search
          value={sought}
          onChange={(event) => setSought(event.currentTarget.value)}
          placeholder={t("namespace.find")}
          aria-label={t("namespace.find")}
        />
        <Combobox.Options mah={320} style={{ overflowY: "auto" }}>
          {!sought && (
            <Combobox.Option value="*" active={!namespace}>
              {t("namespace.all")}
            </Combobox.Option>
          )}
          {found.slice(0, MOST_SHOWN).map((name) => (
            <Combobox.Option key={name} value={name} active={name === namespace}>
              {name}
            </Combobox.Option>
          ))}
          {found.length === 0 && <Combobox.Empty>{t("namespace.none")}</Combobox.Empty>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}

export function useNamespaceNames(): string[] {
  return useLive(NAMESPACES)
    .items.map((one) => one.metadata.name)
    .sort();
}
