/** Shows notifications on the desktop, with the programs that the systems have for it. */
import type { ProgramCall } from "./program.ts";

/** Takes no text into itself: that stands behind it, as arguments. */
const APPLE_SCRIPT = `on run texts
  display notification (item 2 of texts) with title (item 1 of texts) subtitle "zag"
end run
`;

/** Reads the texts from the environment; needs what comes with Windows, and no module. */
const POWER_SHELL = `
$ErrorActionPreference = 'Stop'
$manager = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]
$type = [Windows.UI.Notifications.ToastTemplateType, Windows.UI.Notifications, ContentType = WindowsRuntime]
$xml = $manager::GetTemplateContent($type::ToastText02)
$texts = $xml.GetElementsByTagName('text')
[void]$texts.Item(0).AppendChild($xml.CreateTextNode($env:ZAG_NOTIFICATION_TITLE))
[void]$texts.Item(1).AppendChild($xml.CreateTextNode($env:ZAG_NOTIFICATION_BODY))
$toast = [Windows.UI.Notifications.ToastNotification, Windows.UI.Notifications, ContentType = WindowsRuntime]::new($xml)
$app = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe'
$manager::CreateToastNotifier($app).Show($toast)
`.trim().replaceAll("\n", "; ");

/** A desktop has room for little. */
const MOST_OF_BODY = 250;

/** The program that shows a text on a system, with the text where nothing interprets it. */
export function desktopCall(
  os: typeof Deno.build.os,
  words: { readonly title: string; readonly body: string },
): ProgramCall {
  const title = plain(words.title);
  const body = plain([...words.body].slice(0, MOST_OF_BODY).join(""));
  switch (os) {
    case "darwin":
      return {
        program: "osascript",
        // With - the script is stdin, and whatever stands behind it is no option.
        args: ["-", title, body],
        stdin: APPLE_SCRIPT,
        missing: "there is no osascript on the PATH",
      };
    case "windows":
      return {
        program: "powershell.exe",
        args: ["-NoProfile", "-NonInteractive", "-Command", POWER_SHELL],
        stdin: "",
        env: { ZAG_NOTIFICATION_TITLE: title, ZAG_NOTIFICATION_BODY: body },
        missing: "there is no powershell.exe on the PATH",
      };
    default:
      return {
        program: "notify-send",
        args: ["--app-name=zag", "--", title, literal(body)],
        stdin: "",
        missing:
          "there is no notify-send on the PATH; packages call it libnotify, or libnotify-bin",
      };
  }
}

/** Without control characters, which a desktop would show, or obey. */
function plain(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, " ").trim();
}

/** notify-send takes a body for markup, and its backslashes for escapes. */
function literal(body: string): string {
  return body.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll("\\", "\\\\");
}
