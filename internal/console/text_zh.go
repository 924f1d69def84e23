package console

// chinese has the texts in Chinese.
var chinese = map[string]string{
	"skip": "跳到正文", "menu": "页面", "logout": "退出", "footer": "Readback %s · 时间为 UTC · 生成于 %s",
	"live.on": "实时", "live.off": "连接中断，正在重试", "live.paused": "已暂停", "live.pause": "暂停", "live.resume": "继续",
	"account": "账号", "time": "时间", "sender": "发送方", "receiver": "接收方", "number": "编号", "action": "操作",
	"yes": "是", "no": "否", "more": "更多", "show": "查看", "filter": "筛选",
	"full.show": "显示完整号码", "full.mask": "隐藏号码",
	"ago.days": "%d 天", "ago.hours": "%d 小时", "ago.minutes": "%d 分钟", "ago.seconds": "%d 秒",

	"page.flow": "流量", "page.sessions": "会话", "page.accounts": "账号", "page.smsc": "短信中心", "page.messages": "消息", "page.configuration": "配置", "page.conversation": "对话",
	"page.reads": "已读回执", "page.skips": "未编号", "page.held": "暂缓的回执", "page.dead": "死信", "page.handsets": "手机", "page.login": "登录", "page.problem": "操作未成功",

	"done.session":  "正在结束该会话。",
	"done.replayed": "死信已放回各账号的队列。",
	"done.dropped":  "死信已丢弃。",
	"form.old":      "表单已过期，或来自其他页面。请返回并重新加载页面，再重复操作。",

	"login.token": "令牌", "login.do": "登录", "login.wrong": "该令牌不属于 ops.operators 中的任何人。",
	"login.hint": "ops.operators 中的令牌。登录后换成 Cookie，十二小时后失效。",

	"flow.state": "网关", "flow.ready": "就绪", "flow.not_ready": "未就绪", "flow.since": "已运行 %s",
	"flow.smsc": "短信中心", "flow.up": "可用", "flow.down": "不可用", "flow.smsc_more": "据目前所知",
	"flow.sessions": "会话", "flow.accounts": "%d 个账号已绑定", "flow.rate": "每秒消息", "flow.rate_more": "已编号：%s",
	"flow.reads": "每秒已读", "flow.reads_more": "已送达：%s", "flow.dead": "死信", "flow.dead_more": "等待的反馈：%d",
	"flow.span": "时间范围", "flow.ten": "10 分钟", "flow.hour": "1 小时", "flow.soon": "约十秒后出现第一批数据。",
	"flow.messages": "每秒消息", "flow.numbered": "已编号", "flow.skipped": "未编号", "flow.rejected": "短信中心拒绝",
	"flow.outcome": "每秒结果", "flow.delivered": "已送达", "flow.read": "已读",
	"flow.answer": "短信中心应答", "flow.added": "网关内耗时", "flow.append": "账本写入",
	"flow.p50": "半数不超过", "flow.p99": "99% 不超过",
	"flow.queues": "队列", "flow.held": "暂缓的请求", "flow.waiting": "反馈", "flow.receipts": "暂缓的回执",
	"mode.mirror": "镜像模式", "mode.shared": "共享模式",

	"session.id": "会话", "session.remote": "地址", "session.bind": "绑定", "session.since": "时长", "session.unanswered": "未应答", "session.held": "暂缓",
	"session.unbound": "未绑定", "session.none": "没有 ESME 连接。", "session.end": "结束", "session.do": "结束此会话",
	"session.sure": "待请求应答完毕后解除绑定。ESME 可以再次绑定。",
	"limit.rate":   "速率", "limit.window": "窗口",

	"smsc.lead":  "与短信中心的会话：镜像模式下每个 ESME 一个，共享模式下是网关自己的绑定。",
	"smsc.state": "状态", "smsc.error": "上次中断", "smsc.retry": "下次尝试 %s", "smsc.none": "没有与短信中心的会话。",
	"smsc.sure":       "先等待请求应答完毕。镜像模式下 ESME 也会失去会话；共享模式下网关会重新绑定。",
	"bind.connecting": "连接中", "bind.binding": "绑定中", "bind.bound": "已绑定", "bind.unbinding": "解除绑定中", "bind.waiting": "等待",

	"account.listed": "已配置", "account.sessions": "会话", "account.numbered": "已编号", "account.unnumbered": "未编号", "account.why": "原因",
	"account.progress": "自网关启动以来各账号消息的进展", "account.element": "头部元素", "account.marker": "文末标记", "account.split": "拆分",
	"account.told": "已回报", "account.half": "半数阅读用时", "account.empty": "还没有发送过消息。",
	"account.none": "没有已配置的账号，也没有账号绑定过。",

	"skips.lead": "最近没有编号的消息，最新的在前：已原样转发，或被短信中心拒绝。",
	"skips.why":  "原因", "skips.pdu": "请求", "skips.none": "没有未编号的消息。",

	"reads.lead": "实时到达的已读回执及网关的判定。保留最近 200 条；同时到达很多时只保留一部分。",
	"reads.way":  "途径", "reads.verdict": "判定", "reads.said": "内容", "reads.caller": "调用方", "reads.accepted": "已接受",
	"reads.none": "还没有已读回执。",

	"held.lead":  "等待被已读取代的 SMSC 回执（feedback.hold_receipt）。到“截止”时间，ESME 会收到原样的回执。",
	"held.since": "起始", "held.until": "截止", "held.number": "编号", "held.none": "没有暂缓的回执。",

	"dead.lead": "已放弃的反馈：被 ESME 或 Webhook 永久拒绝，或等待过久。保留七天。",
	"dead.none": "没有死信。", "dead.all": "全部……", "dead.of": "%s 的全部……", "dead.replay": "重放", "dead.drop": "丢弃",
	"dead.tries": "尝试 %d 次", "dead.show": "查看", "dead.queues": "等待的反馈", "dead.waiting": "等待", "dead.oldest": "最早", "dead.takers": "接收的会话",
	"dead.empty": "没有等待的反馈。",

	"messages.lead": "按 message_id 查找一条消息，或查找某个接收方的消息，也可只看某个发送方。每条消息显示完整历史。",
	"messages.none": "没有这样的消息。", "messages.incomplete": "消息太多，较早的可能未列出。",
	"messages.or": "或", "messages.parts": "分段：%d", "messages.until": "可回报至 %s", "messages.conversation": "对话",
	"known.all": "已编号", "known.skipped": "未编号", "known.refused": "被短信中心拒绝", "known.unnumbered": "未编号", "known.replaced": "编号已再次分配",
	"event.submitted": "已提交", "event.accepted": "短信中心已接受", "event.skipped": "未编号", "event.refused": "被短信中心拒绝", "event.delivered": "已送达", "event.not_read": "尚未阅读", "event.read": "已读",
	"event.deleted_unread": "未读即删", "event.told": "已告知 ESME", "event.dead_letter": "死信", "event.expired": "已过期", "event.failed": "失败",
	"feedback": "反馈", "feedback.waiting": "等待中", "feedback.told": "已告知", "feedback.dead": "死信", "feedback.off": "关闭",
	"feedback.superseded": "已以回执告知", "feedback.taken": "已由账号自己的消费者取走", "feedback.gone": "已丢弃", "feedback.unknown": "未知",

	"config.lead": "当前生效的设置及其来源。密钥只显示是否已设置。",
	"config.key":  "设置", "config.value": "值", "config.source": "来源", "config.change": "更改生效", "config.live": "重新加载后", "config.restart": "重启后",
	"config.start": "启动时：%s", "config.pending": "等待重启：%s", "config.changed": "只看更改", "config.all": "全部", "config.none": "没有符合的设置。",
	"config.reload": "重新加载配置", "config.sure": "网关重新读取配置，不会丢失会话。", "config.done": "已重新读取配置。",
	"config.nothing": "没有变化。", "config.applied": "已生效", "config.added": "新增账号：%s", "config.removed": "删除账号：%s", "config.accounts": "更改的账号：%s",
	"source.default": "默认", "source.file": "文件", "source.env": "环境变量", "source.flag": "命令行参数",

	"conversation.lead": "发送方应用所显示的对话：“已读”标在最新一条已读的消息，“已发送”标在最后一条未读的消息。",
	"conversation.none": "没有保留此对话的消息。", "conversation.message": "消息 %03d",
	"mark.read": "已读", "mark.sent": "已发送",
	"state.sent": "已发送", "state.expired": "已过期", "state.failed": "失败", "state.delivered": "已送达", "state.read": "已读",
	"state.deleted_unread": "未读即删", "state.not_read": "未读",

	"handsets.lead":  "演示用的手机。在左侧打开一条消息，右侧就会变为“已读”。",
	"handsets.inbox": "手机 %s", "handsets.sender": "%s 所见", "handsets.open": "打开", "handsets.none": "还没有消息。",
	"carriage.udh": "头部元素", "carriage.text": "文末标记", "carriage.other_part": "编号在另一分段",
	"carriage.element": "头部元素", "carriage.marker": "文末标记",
}
