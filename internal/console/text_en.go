package console

// english has the texts in English.
var english = map[string]string{
	"skip": "Skip to the page", "menu": "Pages", "logout": "Log out", "footer": "Readback %s · times are UTC · made %s",
	"live.on": "live", "live.off": "not live: trying again", "live.paused": "paused", "live.pause": "Pause", "live.resume": "Go on",
	"account": "Account", "time": "Time", "sender": "Sender", "receiver": "Receiver", "number": "number", "action": "Action",
	"yes": "yes", "no": "no", "more": "More", "show": "Show", "filter": "Filter",
	"full.show": "Show numbers in full", "full.mask": "Mask numbers",
	"ago.days": "%d d", "ago.hours": "%d h", "ago.minutes": "%d min", "ago.seconds": "%d s",

	"page.flow": "Flow", "page.sessions": "Sessions", "page.accounts": "Accounts", "page.smsc": "SMSC", "page.messages": "Messages", "page.configuration": "Configuration", "page.conversation": "Conversation",
	"page.reads": "Reads", "page.skips": "Skips", "page.held": "Held receipts", "page.dead": "Dead letters", "page.handsets": "Handsets", "page.login": "Log in", "page.problem": "This did not work",

	"done.session":  "The session is being ended.",
	"done.replayed": "The dead letters are back in the queues of their accounts.",
	"done.dropped":  "The dead letters are gone.",
	"form.old":      "This form is too old, or comes from another page. Go back, load the page again, and repeat what you did.",

	"login.token": "Token", "login.do": "Log in", "login.wrong": "This token is nobody's in ops.operators.",
	"login.hint": "The token of ops.operators. It is exchanged for a cookie that ends after twelve hours.",

	"flow.state": "Gateway", "flow.ready": "ready", "flow.not_ready": "not ready", "flow.since": "up for %s",
	"flow.smsc": "SMSC", "flow.up": "up", "flow.down": "down", "flow.smsc_more": "as far as is known",
	"flow.sessions": "Sessions", "flow.accounts": "%d accounts bound", "flow.rate": "Messages a second", "flow.rate_more": "numbered: %s",
	"flow.reads": "Reads a second", "flow.reads_more": "delivered: %s", "flow.dead": "Dead letters", "flow.dead_more": "feedback waiting: %d",
	"flow.span": "Time", "flow.ten": "10 minutes", "flow.hour": "1 hour", "flow.soon": "The first points come in some ten seconds.",
	"flow.messages": "Messages a second", "flow.numbered": "numbered", "flow.skipped": "skipped", "flow.rejected": "refused by SMSC",
	"flow.outcome": "Outcome a second", "flow.delivered": "delivered", "flow.read": "read",
	"flow.answer": "Answers of the SMSC", "flow.added": "Time in the gateway", "flow.append": "Appends to the ledger",
	"flow.p50": "half within", "flow.p99": "99 % within",
	"flow.queues": "Queues", "flow.held": "requests held", "flow.waiting": "feedback", "flow.receipts": "receipts held",
	"mode.mirror": "mirror mode", "mode.shared": "shared mode",

	"session.id": "Session", "session.remote": "Address", "session.bind": "Bind", "session.since": "For", "session.unanswered": "Unanswered", "session.held": "Held",
	"session.unbound": "not bound", "session.none": "No ESME is connected.", "session.end": "End", "session.do": "End this session",
	"session.sure": "The ESME is unbound when its requests are answered. It may bind again.",
	"limit.rate":   "Rate", "limit.window": "Window",

	"smsc.lead":  "The sessions with the SMSC: one for each ESME in mirror mode, the gateway's own binds in shared mode.",
	"smsc.state": "State", "smsc.error": "Lost last", "smsc.retry": "next try at %s", "smsc.none": "There is no session with the SMSC.",
	"smsc.sure":       "Answers under way are awaited. In mirror mode the ESME loses its session, too; in shared mode the gateway binds again.",
	"bind.connecting": "connecting", "bind.binding": "binding", "bind.bound": "bound", "bind.unbinding": "unbinding", "bind.waiting": "waiting",

	"account.listed": "Listed", "account.sessions": "Sessions", "account.numbered": "Numbered", "account.unnumbered": "Without number", "account.why": "Why",
	"account.progress": "How far their messages got, since the gateway began", "account.element": "By element", "account.marker": "By marker", "account.split": "Split",
	"account.told": "Reported", "account.half": "Half read within", "account.empty": "No message has been sent yet.",
	"account.none": "No account is listed, and none has bound.",

	"skips.lead": "The last messages that have no number, the newest first: they were forwarded unchanged, or the SMSC refused them.",
	"skips.why":  "Why", "skips.pdu": "Request", "skips.none": "No message has passed without a number.",

	"reads.lead": "Read responses as they come, with the gateway's verdict. The last 200 are kept; of many that come at once only some.",
	"reads.way":  "Way", "reads.verdict": "Verdict", "reads.said": "Says", "reads.caller": "Caller", "reads.accepted": "accepted",
	"reads.none": "No read response has come yet.",

	"held.lead":  "The SMSC's receipts that wait for a read to take their place (feedback.hold_receipt). At the time Until the ESME gets them as they are.",
	"held.since": "Since", "held.until": "Until", "held.number": "Number", "held.none": "No receipt is held.",

	"dead.lead": "Feedback that was given up: its ESME or webhook refused it for good, or it waited too long. Kept for seven days.",
	"dead.none": "There are no dead letters.", "dead.all": "All of them …", "dead.of": "All of %s …", "dead.replay": "Replay", "dead.drop": "Drop",
	"dead.tries": "tries: %d", "dead.show": "Show", "dead.queues": "Waiting feedback", "dead.waiting": "Waiting", "dead.oldest": "Oldest", "dead.takers": "Sessions that take it",
	"dead.empty": "No feedback is waiting.",

	"messages.lead": "Find a message by its message_id, or the messages of a receiver, also of one sender alone. Each shows its whole history.",
	"messages.none": "No such message is known.", "messages.incomplete": "There are so many that older ones may be missing.",
	"messages.or": "or", "messages.parts": "parts: %d", "messages.until": "readable until %s", "messages.conversation": "Conversation",
	"known.all": "numbered", "known.skipped": "without number", "known.refused": "refused by the SMSC", "known.unnumbered": "without number", "known.replaced": "number given again",
	"event.submitted": "submitted", "event.accepted": "taken by the SMSC", "event.skipped": "without number", "event.refused": "refused by the SMSC", "event.delivered": "delivered", "event.not_read": "not read yet", "event.read": "read",
	"event.deleted_unread": "deleted unread", "event.told": "ESME told", "event.dead_letter": "dead letter", "event.expired": "expired", "event.failed": "failed",
	"feedback": "Feedback", "feedback.waiting": "waiting", "feedback.told": "told", "feedback.dead": "dead letter", "feedback.off": "off",
	"feedback.superseded": "told as a receipt", "feedback.taken": "taken by the account's consumer", "feedback.gone": "dropped", "feedback.unknown": "unknown",

	"config.lead": "The settings in force, and where each comes from. Of secrets only whether they are set.",
	"config.key":  "Setting", "config.value": "Value", "config.source": "From", "config.change": "A change holds", "config.live": "after a reload", "config.restart": "after a restart",
	"config.start": "at the start: %s", "config.pending": "waits for a restart: %s", "config.changed": "Changed only", "config.all": "All", "config.none": "No setting fits.",
	"config.reload": "Reload the configuration", "config.sure": "The gateway reads its configuration again. No session is lost.", "config.done": "The configuration was read again.",
	"config.nothing": "Nothing has changed.", "config.applied": "applied", "config.added": "accounts added: %s", "config.removed": "accounts removed: %s", "config.accounts": "accounts changed: %s",
	"source.default": "default", "source.file": "file", "source.env": "variable", "source.flag": "flag",

	"conversation.lead": "A conversation as the sender's app shows it: “read” at the newest message that was read, “sent” at the last one that was not.",
	"conversation.none": "No messages of this conversation are kept.", "conversation.message": "Message %03d",
	"mark.read": "read", "mark.sent": "sent",
	"state.sent": "sent", "state.expired": "expired", "state.failed": "failed", "state.delivered": "delivered", "state.read": "read",
	"state.deleted_unread": "deleted unread", "state.not_read": "not read",

	"handsets.lead":  "The phones of this demonstration. Open a message on the left, and see it turn to “read” on the right.",
	"handsets.inbox": "Handset %s", "handsets.sender": "What %s sees", "handsets.open": "Open", "handsets.none": "No messages yet.",
	"carriage.udh": "by element", "carriage.text": "by marker", "carriage.other_part": "its number is in another part",
	"carriage.element": "by element", "carriage.marker": "by marker",
}
