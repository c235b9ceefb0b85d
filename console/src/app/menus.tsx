// The small menus at the right: theme, language, user.
import { useI18n } from "../i18n/i18n";
import { type Language, LANGUAGES } from "../i18n/texts";
import { ActionIcon, Menu, useMantineColorScheme } from "../ui/kit";
import { Check, Languages, LogOut, Monitor, Moon, Server, Sun } from "../ui/icons";
import { useSession } from "./session";

const SCHEMES = { auto: Monitor, light: Sun, dark: Moon } as const;

export function ThemeMenu() {
  const { t } = useI18n();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Current = SCHEMES[colorScheme];
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon size="lg" color="gray" aria-label={t("shell.theme")}>
          <Current size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(SCHEMES) as (keyof typeof SCHEMES)[]).map((scheme) => {
          const Icon = SCHEMES[scheme];
          return (
            <Menu.Item
              key={scheme}
              leftSection={<Icon size={16} />}
              rightSection={mark(scheme === colorScheme)}
              onClick={() => setColorScheme(scheme)}
            >
              {t(`theme.${scheme}`)}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}

export function LanguageMenu() {
  const { t, language, choose } = useI18n();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon size="lg" color="gray" aria-label={t("shell.language")}>
          <Languages size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(LANGUAGES) as Language[]).map((code) => (
          <Menu.Item key={code} lang={code} rightSection={mark(code === language)} onClick={() => choose(code)}>
            {LANGUAGES[code].name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

export function UserMenu() {
  const { t } = useI18n();
  const { user, leave } = useSession();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon size="lg" variant="light" radius="xl" aria-label={t("shell.user", { name: user?.user ?? "" })}>
          {(user?.user ?? "?").slice(0, 1).toUpperCase()}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("shell.signedInAs", { name: user?.user ?? "" })}</Menu.Label>
        <Menu.Item leftSection={<Server size={16} />} component="a" href="/version" target="_blank" rel="noreferrer">
          {t("shell.version")}
        </Menu.Item>
        <Menu.Item leftSection={<LogOut size={16} />} onClick={() => void leave()}>
          {t("shell.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

const mark = (isChosen: boolean) => (isChosen ? <Check size={14} /> : undefined);
