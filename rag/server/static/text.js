// Every word that the desk says, in English and in Chinese: t("send") in the language that is set.

let chosen = "en";

// "en" or "zh".
export const language = () => chosen;

// Sets the language of everything that is drawn from now on.
export function setLanguage(name) { chosen = name === "zh" ? "zh" : "en"; }

// A text by its key, with {names} filled in. An unknown key comes back as it is.
export function t(key, values = {}) {
  const pair = TEXTS[key];
  if (!pair) return key;
  const text = pair[chosen === "zh" ? 1 : 0];
  const one = chosen === "en" && values.n === 1 && pair[2] ? pair[2] : text;
  return one.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));
}

// Seconds in words: spell(75) → "1 min 15 s"
export function spell(seconds) {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  const rest = t("seconds", { n: whole % 60 });
  return minutes ? `${t("minutes", { n: minutes })} ${rest}` : rest;
}

// ordinal(2) → "2nd" or "第2"
export function ordinal(n) {
  if (chosen === "zh") return `第${n}`;
  const ending = n % 100 >= 11 && n % 100 <= 13 ? "th" : { 1: "st", 2: "nd", 3: "rd" }[n % 10] || "th";
  return `${n}${ending}`;
}

// A chance as a modest statement: oddsOf(0.9) → "Such answers are right in about 9 of 10 cases."
export function oddsOf(chance) {
  const [right, of] = chance >= 0.95 ? [19, 20] : [Math.max(1, Math.min(9, Math.round(chance * 10))), 10];
  return t("odds", { right, of });
}

// Lines that the server writes in English, known by their beginning, in Chinese where the desk is Chinese.
const told = (patterns) => (line) => {
  if (chosen === "en") return line;
  const found = patterns.find(([pattern]) => pattern.test(line));
  return found ? line.replace(found[0], found[1]) : line;
};

export const toldDoubt = told([
  [/^a sentence breaks off at character (\d+)$/, "第 $1 个字处句子中断"], [/^no headline found$/, "没有找到标题"],
]);
export const toldWarning = told([[/^left out, as no sentence holds it: /, "没有原文支持,已略去:"]]);
export const toldCheck = (line) => {
  const short = /^\[(\d+)\] stands in its (article|page)$/.exec(line);
  if (short) return t(`check_${short[2]}`, { number: short[1] });
  return line === "every figure of the answer stands in a quotation" ? t("check_figures") : line;
};

const TEXTS = {
  lang: ["en", "zh-Hans"],
  other_language: ["中文", "English"],
  skip: ["Skip to content", "跳到正文"],
  sections: ["Sections", "栏目"],
  tab_ask: ["Ask", "提问"],
  tab_search: ["Search", "检索"],
  tab_archive: ["Archive", "资料库"],
  tab_notes: ["Notes", "笔记"],
  server: ["State of the server", "服务器状态"],
  theme: ["Theme", "主题"],
  theme_now: ["Theme: {theme}", "主题:{theme}"],
  theme_auto: ["like the system", "跟随系统"],
  theme_light: ["light", "浅色"],
  theme_dark: ["dark", "深色"],
  help: ["Keys and help", "按键与帮助"],
  close: ["Close", "关闭"],
  cancel: ["Cancel", "取消"],
  save: ["Save", "保存"],
  open: ["Open", "打开"],
  undo: ["Undo", "撤销"],
  delete: ["Delete", "删除"],
  remove: ["Remove", "移除"],
  name: ["Name", "名称"],
  title: ["Title", "标题"],
  more: ["Show more", "更多"],
  nothing: ["nothing", "无"],
  nothing_found: ["Nothing found. Try fewer or other words.", "没有找到。请减少或更换词语。"],
  try_again: ["Try again", "重试"],
  seconds: ["{n} s", "{n} 秒"],
  minutes: ["{n} min", "{n} 分"],
  copy_by_hand: ["Copy this text", "请复制以下文字"],
  saved_file: ["{name} is saved", "已保存 {name}"],

  // The state of the server.
  status_asking: ["Connecting …", "正在连接…"],
  status_ready: ["Ready", "就绪"],
  status_loading: ["Loading models …", "正在加载模型…"],
  status_building: ["Building …", "正在建立索引…"],
  status_no_index: ["No index yet", "还没有索引"],
  status_failed: ["Failed", "出错"],
  status_unreachable: ["Not reachable", "无法连接"],
  status_token: ["Token needed", "需要令牌"],
  waiting: ["{n} waiting", "{n} 个在排队"],
  told_loading: ["The models are being loaded. You can read, search and type meanwhile; a question is answered as soon as they are there.",
    "模型正在加载。您可以先阅读和输入;加载完成后会立即回答。"],
  told_no_index: ["Nothing has been read yet: there is no index to ask. Build it from the sources that the configuration names.",
    "还没有读入任何资料,没有可供提问的索引。可以用配置里的资料来建立。"],
  told_building: ["The index is being built:", "正在建立索引:"],
  told_failed: ["The server could not start its work:", "服务器无法工作:"],
  build_here: ["Build it here", "在此建立"],
  askable_meanwhile: ["questions are answered from the old index meanwhile", "其间仍可用旧索引回答"],
  rate: ["{n} per second", "每秒 {n} 项"],
  time_left: ["about {time} left", "约剩 {time}"],
  stage_read: ["Reading the pages:", "正在读版面:"],
  stage_pages: ["Reading the pages:", "正在读版面:"],
  stage_embed: ["Computing vectors:", "正在计算向量:"],
  stage_passages: ["Cutting passages:", "正在切分段落:"],
  stage_store: ["Writing the index:", "正在写入索引:"],
  stage_write: ["Writing the index:", "正在写入索引:"],
  stage_load: ["Loading the models:", "正在加载模型:"],
  token: ["Token", "令牌"],

  // Errors by their code, each with its remedy.
  error_unreachable: ["The server does not answer. Check that it runs and try again.", "服务器没有回应。请确认它在运行,然后重试。"],
  error_token_needed: ["This desk asks for a token: open its address with ?token=… or enter the token here.", "此处需要令牌:请用带 ?token=… 的地址打开,或在此输入令牌。"],
  error_foreign_origin: ["This page was opened from a foreign address. Open the desk at its own address.", "此页来自外部地址。请从本站地址打开。"],
  error_busy: ["Too many questions are waiting. Try again in a minute.", "排队的问题太多,请一分钟后再试。"],
  error_too_many: ["Too many of your questions are waiting. Let one finish, then ask again.", "您排队的问题太多。请等一个回答完再问。"],
  error_loading: ["The models are still being loaded. Try again in a moment.", "模型仍在加载,请稍后重试。"],
  error_no_index: ["There is no index yet. Build it, then ask again.", "还没有索引。请先建立索引再提问。"],
  error_too_large: ["That is too large. Send fewer or smaller files.", "内容过大。请减少文件或缩小文件。"],
  error_failed: ["Something went wrong. Try again.", "出了问题,请重试。"],

  // Asking.
  motto: ["Ask the archive, in Chinese or English. Every statement of an answer is backed by a sentence that stands word for word in the paper.",
    "用中文或英文向资料库提问。答案的每句话,都有报纸原文为证。"],
  imprint: ["Sources: {sources} · Articles: {articles} · Built {built}", "资料 {sources} 份 · 文章 {articles} 篇 · 建于 {built}"],
  examples: ["Questions to begin with", "可以这样问"],
  conversation: ["Conversation", "对话"],
  question: ["Question", "问题"],
  placeholder: ["Ask the archive …", "向资料库提问…"],
  hint: ["Enter sends · Shift+Enter breaks the line · ? shows the keys", "回车发送 · Shift+回车换行 · ? 查看按键"],
  send: ["Send", "发送"],
  stop: ["Stop", "停止"],
  stopped: ["Stopped before there was an answer.", "已停止,没有得到答案。"],
  change_question: ["Change the question", "修改问题"],
  queued: ["Place {n} in the queue …", "排队中,第 {n} 位…"],
  waits_for_models: ["Is asked as soon as the server is ready …", "服务器就绪后立即提问…"],
  doing_search: ["Searching …", "正在查找…"],
  doing_understand: ["Understanding the question …", "正在理解问题…"],
  doing_translate: ["Translating the question …", "正在翻译问题…"],
  doing_read: ["Reading the sentences …", "正在阅读原文…"],
  doing_write: ["Wording the answer …", "正在组织答案…"],
  found: ["Found in the archive", "资料库中找到"],
  found_n: ["{n} passages found", "找到 {n} 段", "1 passage found"],
  draft_label: ["Draft, being checked against the paper", "草稿,正在与原文核对"],
  said_ready: ["The answer is ready.", "答案已就绪。"],
  said_refused: ["The archive does not say.", "资料里没有说。"],
  understood_as: ["Understood as", "理解为"],
  checked: ["Every statement is quoted", "每句话都有原文为证"],
  refused: ["The archive does not say", "资料里没有说"],
  nearest: ["The nearest that it says", "最接近的原文"],
  odds: ["Such answers are right in about {right} of {of} cases.", "这类答案大约每 {of} 个有 {right} 个正确。"],
  look_at_quotation: ["Look at the quotation.", "请核对原文。"],
  times: ["Times:", "时间:"],
  reckoned_from: ["reckoned from {date}", "据 {date} 推算"],
  chip: ["Quotation {n}: {title}", "引文 {n}:{title}"],
  other_figures: ["Other figures that could be meant ({n})", "可能所指的其他数字({n})"],
  figures: ["Other figures", "其他数字"],
  figure: ["Figure", "数字"],
  counts: ["What it counts", "所指"],
  date: ["Date", "日期"],
  quotation: ["Quotation", "引文"],
  took_understand: ["Understanding", "理解"],
  took_search: ["Searching", "查找"],
  took_translate: ["Translating", "翻译"],
  took_read: ["Reading", "阅读"],
  took_write: ["Wording", "措辞"],
  took_first_text: ["Until the first word", "到出第一个字"],
  took_queue: ["Waiting in the queue", "排队"],
  answer_actions: ["What to do with this answer", "对此答案的操作"],
  cite: ["Cite", "引用"],
  copied_citation: ["Citation copied ({style})", "已复制引用格式({style})"],
  export: ["Export", "导出"],
  permalink: ["Permalink", "永久链接"],
  kept_at: ["Kept at", "保存于"],
  copied_address: ["The answer is kept; its address is copied", "答案已保存,地址已复制"],
  ask_again: ["Ask again", "重新提问"],
  thumb_up: ["Good answer", "答得好"],
  thumb_down: ["Bad answer", "答得不好"],
  word_up: ["A word on what is good (optional)", "好在哪里(可不填)"],
  word_down: ["A word on what is wrong (optional)", "哪里不对(可不填)"],
  thanks: ["Thank you, that is noted", "谢谢,已记下"],

  // Saved conversations.
  conversations: ["Conversations", "对话记录"],
  new_conversation: ["New conversation", "新对话"],
  find_conversation: ["Find a conversation", "查找对话"],
  no_conversations: ["None yet. They are kept on this machine only.", "还没有。对话只保存在本机。"],
  rename: ["Rename", "重命名"],
  rename_named: ["Rename “{name}”", "重命名“{name}”"],
  delete_named: ["Delete “{name}”", "删除“{name}”"],
  conversation_deleted: ["“{name}” is deleted", "已删除“{name}”"],

  // The reading pane.
  reading_pane: ["Reading pane", "阅读区"],
  article: ["Article", "文章"],
  opening: ["Opening …", "正在打开…"],
  opened_at: ["Opened: {title}. Quotation {at} of {of}.", "已打开:{title}。引文 {at}/{of}。"],
  close_pane: ["Close the article", "关闭文章"],
  previous_quotation: ["Previous quotation  [", "上一处引文  ["],
  next_quotation: ["Next quotation  ]", "下一处引文  ]"],
  view: ["View", "视图"],
  view_article: ["Article", "文章"],
  view_raw: ["Raw page", "原始版面"],
  view_picture: ["Picture", "图像"],
  raw_told: ["The page as it came from the file. What is not of this article is grey.", "文件中的原始文字,灰色部分不属于本文。"],
  picture_alt: ["Page {page} of {pages}; the quotation is framed", "第 {page} 页,共 {pages} 页;引文已框出"],
  page_of: ["Page {page} of {pages}", "第 {page} 页,共 {pages} 页"],
  copy_place: ["Copy a link to this place", "复制此处链接"],
  copied_place: ["The link is copied", "链接已复制"],
  note_selection: ["Note", "笔记"],
  select_first: ["Select some words of the article first.", "请先选中文章中的文字。"],
  moved: ["The quotation has moved since this link was made; it was found again here.", "链接建立后引文位置有变,已在此处重新找到。"],
  span_lost: ["The quotation does not stand in this article any more.", "引文已不在此文章中。"],
  article_gone: ["This article is not in the archive any more. Add its source again, or search for it.", "此文章已不在资料库中。请重新添加资料或检索。"],
  breaks_off: ["The article breaks off here", "原文至此中断"],
  no_date: ["no date", "无日期"],
  date_masthead: ["from the masthead", "据报头"],
  date_dateline: ["from the dateline", "据电头"],
  date_archive: ["from the archive", "据档案"],
  date_name: ["from the file's name", "据文件名"],
  date_hand: ["by hand", "手工"],
  date_correction: ["by hand", "手工"],
  joint_cut: ["Two pieces of the page were joined here ({sure} % sure)", "此处由程序拼接(把握 {sure}%)"],
  joint_displaced: ["Columns were put in order here ({sure} % sure)", "此处栏目经重新排序(把握 {sure}%)"],
  table: ["Table", "表格"],
  picture_without_words: ["Picture without a caption", "无说明的图片"],
  doubts: ["What the reader was not sure of", "程序没有把握之处"],
  correct: ["Correct title, date or byline", "更正标题、日期或作者"],
  correct_title: ["Correct this article", "更正文章信息"],
  correct_named: ["Correct “{name}”", "更正“{name}”"],
  correct_told: ["The page itself stays as it is; what you write is kept beside it.", "原始版面不变,更正另行保存。"],
  corrected_done: ["Corrected", "已更正"],
  corrected_short: ["corrected by hand", "经手工更正"],
  corrected: ["{name} corrected by hand;", "{name}经手工更正;"],
  page_says: ["the page says", "原版面为"],
  page_says_nothing: ["the page says nothing", "原版面没有"],
  take_back: ["Take the correction back", "撤回更正"],
  field_title: ["Title", "标题"],
  field_date: ["Date", "日期"],
  field_byline: ["Byline", "作者"],

  // Searching.
  search_words: ["Words", "检索词"],
  search_placeholder: ["Words or a question", "词语或问题"],
  since: ["From", "起"],
  until: ["To", "止"],
  sort: ["Order", "排序"],
  sort_relevance: ["best first", "按相关度"],
  sort_date: ["newest first", "最新在前"],
  sort_date_asc: ["oldest first", "最早在前"],
  date_form: ["Write 2024, 2024-07 or 2024-07-05", "请写作 2024、2024-07 或 2024-07-05"],
  results: ["Results", "结果"],
  narrow: ["Narrow the search", "缩小范围"],
  n_passages: ["{n} passages", "{n} 段", "1 passage"],
  source: ["Source", "来源"],
  zone: ["Zone", "园区"],
  person: ["Person", "人物"],
  by_month: ["Hits by month", "按月分布"],
  by_year: ["Hits by year", "按年分布"],
  bar: ["{month}: {n}", "{month}:{n}"],
  n_more: ["{n} more", "另有 {n} 个"],
  take_off: ["Take off: {name}", "取消:{name}"],
  alike: ["+{n} alike", "+{n} 篇相近"],
  alike_told: ["Near-duplicates of this passage are folded into it", "与此相近的段落已合并"],
  found_by: ["What found it", "如何找到"],
  matched: ["Words that match:", "匹配的词:"],
  channel_dense: ["Meaning of the passage", "段落含义"],
  channel_sentence: ["Meaning of a sentence", "句子含义"],
  channel_lexical: ["Words", "字词"],
  channel_names: ["Names", "名称"],
  channel_dictionary: ["Dictionary", "词典"],
  channel_tokens: ["Word by word", "逐词比较"],
  channel_period: ["Tells of another time", "所说时间不同"],
  save_search: ["Save the search", "保存检索"],
  search_saved: ["“{name}” is saved", "已保存“{name}”"],
  saved_searches: ["Saved searches", "已保存的检索"],
  no_searches: ["None yet. Search for something and save it; the desk then tells what is new.", "还没有。检索后保存,有新内容时会提示。"],
  search_deleted: ["“{name}” is deleted", "已删除“{name}”"],
  n_new: ["{n} new", "{n} 条新内容"],
  batch: ["Many questions at once", "批量提问"],
  batch_told: ["A file with one question a line (.txt), or with a column “question” (.csv, .xlsx, .jsonl); at most 500.",
    "每行一个问题的文件(.txt),或含 question 一列的 .csv、.xlsx、.jsonl;最多 500 个。"],
  batch_file: ["File of questions", "问题文件"],
  batch_running: ["Being answered:", "正在回答:"],
  batch_done: ["All answered:", "全部回答完毕:"],
  batch_gone: ["This batch is not on the server any more. Send the file again.", "服务器上已没有这批问题,请重新上传。"],
  n_failed: ["{n} failed", "{n} 个失败"],
  clear_away: ["Clear away", "清除"],

  // The archive.
  sources: ["Sources", "资料"],
  all_sources: ["All sources", "全部资料"],
  filter_sources: ["Filter sources", "筛选资料"],
  articles: ["Articles", "文章"],
  filter_articles: ["Filter articles", "筛选文章"],
  n_articles: ["{n} articles", "{n} 篇文章", "1 article"],
  n_characters: ["{n} characters", "{n} 字"],
  untitled: ["Without a title", "无标题"],
  removed: ["removed", "已移除"],
  missing: ["the file is missing", "文件缺失"],
  added_here: ["added here", "在此添加"],
  remove_source: ["Remove this source?", "移除此资料?"],
  remove_told: ["{name} will not be found or quoted any more. You can bring it back.", "{name} 将不再被检索和引用,可以恢复。"],
  remove_named: ["Remove {name}", "移除 {name}"],
  restore_named: ["Bring back {name}", "恢复 {name}"],
  undo_named: ["Undo the last change: {name}", "撤销上次更改:{name}"],
  source_removed: ["{name} is removed", "已移除 {name}"],
  choose_files: ["Add files", "添加文件"],
  drop_told: ["or drop them here: pages as .txt, .md, .html, .pdf, .docx, ALTO or PAGE .xml, scans, .jsonl; 20 files, 20 MB together",
    "或拖放到此处:.txt、.md、.html、.pdf、.docx、ALTO/PAGE .xml、扫描件、.jsonl;最多 20 个文件,共 20 MB"],
  too_many_files: ["At most 20 files with 20 MB together. Add them in parts.", "最多 20 个文件,共 20 MB。请分批添加。"],
  reading_files: ["The files are being read …", "正在读取文件…"],
  preview: ["What was read", "读取结果"],
  preview_ready: ["The files are read. Look at the result, then add them.", "文件已读取,请核对后添加。"],
  add_n: ["Add {n} files", "添加 {n} 个文件", "Add 1 file"],
  add_more: ["Add more", "继续添加"],
  adding: ["Being taken into the index:", "正在加入索引:"],
  askable_now: ["Askable now:", "现在可以提问:"],

  // Notes and kept answers.
  notes_told: ["Select words in an article and press “Note” to write one.", "在文章中选中文字,按“笔记”即可添加。"],
  find_notes: ["Find notes", "查找笔记"],
  no_notes: ["No notes yet.", "还没有笔记。"],
  add_note: ["Note on this passage", "为此段写笔记"],
  edit_note: ["Edit the note", "编辑笔记"],
  delete_note: ["Delete the note", "删除笔记"],
  note_words: ["Note", "笔记"],
  note_tags: ["Tags, separated by spaces", "标签,用空格分开"],
  note_kept: ["The note is kept", "笔记已保存"],
  note_deleted: ["The note is deleted", "笔记已删除"],
  note_lost: ["its place is lost", "原文位置已失"],
  kept_answer: ["Kept answer", "保存的答案"],
  kept_on: ["Answer kept on {when}", "保存于 {when} 的答案"],
  answer_gone: ["There is no answer under this address. Ask for the link again.", "此地址下没有答案。请重新索取链接。"],
  ask_yourself: ["Ask a question of your own", "自己提一个问题"],
  checks: ["Checked just now", "刚刚核对"],
  check_article: ["Quotation [{number}] stands in its article", "引文 [{number}] 在文章中"],
  check_page: ["Quotation [{number}] stands in its page", "引文 [{number}] 在原版面中"],
  check_figures: ["Every figure of the answer stands in a quotation", "答案中的每个数字都在引文中"],
  holds: ["holds", "属实"],
  holds_not: ["does not hold", "不属实"],

  // Keys.
  key_send: ["send the question", "发送问题"],
  key_newline: ["break the line", "换行"],
  key_escape: ["stop the answer, or close the article", "停止回答,或关闭文章"],
  key_box: ["go to the question or search box", "转到提问框或检索框"],
  key_previous: ["previous quotation or hit", "上一处引文或结果"],
  key_next: ["next quotation or hit", "下一处引文或结果"],
  key_new: ["new conversation", "新对话"],
  key_help: ["this help", "本帮助"],
  single_keys: ["Single keys are on", "启用单键"],
  help_told: ["Conversations and saved searches stay in this browser. A red ⌇ in an article shows where the program joined two pieces of a damaged page.",
    "对话和保存的检索只留在本浏览器中。文章里的红色 ⌇ 表示程序在此拼接了残缺的版面。"],
};
