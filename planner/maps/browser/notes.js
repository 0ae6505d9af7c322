/* Comments in a map that is passed on as a file: those known, and new ones, saved as a file to be merged back. */
(function (P) {
  "use strict";
  var mine = [], NAMES = { title: ["意见", "Comments"], who: ["您的姓名", "Your name"], subject: ["项目编号，可不填", "Project, or nothing"], text: ["意见", "What you say"],
    add: ["加入", "Add"], save: ["保存意见文件", "Save the file of comments"], hint: ["把保存的文件交回，由规划人员合并", "Hand the saved file back, to be merged"] };
  function say(key) { return P.t(NAMES[key]); }

  P.notes = function () {
    var old = document.getElementById("planner-notes"), open = old && old.querySelector("details").open, notes = P.frame.notes;
    var who = P.el("input", { id: "planner-note-who", maxlength: 100, placeholder: say("who"), "aria-label": say("who") });
    var subject = P.el("input", { id: "planner-note-subject", maxlength: 120, placeholder: say("subject"), "aria-label": say("subject") });
    var text = P.el("textarea", { id: "planner-note-text", rows: 2, maxlength: 4000, placeholder: say("text"), "aria-label": say("text") });
    var list = P.el("ul", {}, notes.comments.concat(mine).map(function (one) {
      return P.el("li", {}, P.data(one.text), P.el("span", { "class": "muted" }, [one.author, one.subject, one.at.slice(0, 10)].filter(Boolean).join(" · ")));
    }));
    function add() {
      if (!who.value.trim() || !text.value.trim()) return;
      mine.push({ id: crypto.randomUUID ? crypto.randomUUID() : fallback(), subject: subject.value.trim(), text: text.value.trim(), author: who.value.trim(), at: new Date().toISOString() });
      var name = who.value;
      P.notes();
      document.getElementById("planner-note-who").value = name;
    }
    function save() {
      var told = { variant: notes.variant, of: notes.of, comments: mine };
      var link = P.el("a", { href: URL.createObjectURL(new Blob([JSON.stringify(told)], { type: "application/json" })), download: "comments.json" });
      document.body.append(link);
      link.click();
      link.remove();
    }
    var panel = P.el("aside", { id: "planner-notes", "class": "panel" }, P.el("details", { open: open }, P.el("summary", {}, say("title") + " " + (notes.comments.length + mine.length)), list, who, subject, text,
      P.el("button", { type: "button", id: "planner-note-add", onclick: add }, say("add")),
      mine.length ? [P.el("button", { type: "button", id: "planner-note-save", onclick: save }, say("save") + " (" + mine.length + ")"), P.el("p", { "class": "muted" }, say("hint"))] : null));
    if (old) old.replaceWith(panel); else document.body.append(panel);
    L.DomEvent.disableClickPropagation(panel);
    L.DomEvent.disableScrollPropagation(panel);
  };
  function fallback() {
    var bytes = crypto.getRandomValues(new Uint8Array(16)), hex = Array.prototype.map.call(bytes, function (one) { return (one + 256).toString(16).slice(1); }).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }
})(Planner);
