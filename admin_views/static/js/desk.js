// The one module that a page loads. Each behaviour wires itself to data attributes; pages carry no script of their own.
import "./preferences.js";
import "./navigation.js";
import "./menus.js";
import "./dialogs.js";
import "./sheet.js";
import "./palette.js";
import "./key_list.js";
import "./toasts.js";
import "./jobs.js";
import "./rows.js";
import "./selection.js";
import "./columns.js";
import "./filters.js";
import "./money.js";
import "./what_if.js";
import "./drafts.js";
import "./message.js";
import "./session.js";
import "./live.js";
import "./timeline.js";
import "./tips.js";
import "./small_things.js";
import { bringToLife } from "./content.js";

bringToLife(document);
if (document.querySelector(".chart")) import("./charts.js").then((charts) => charts.start());
