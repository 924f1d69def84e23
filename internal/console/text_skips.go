package console

import "readback/internal/numbering"

// skipTexts are the reasons why a message has no number, in short and as a sentence: in English, in Chinese.
var skipTexts = map[numbering.Skip][2][2]string{
	numbering.NotRequested: {{"not requested", "The account's messages are not tracked, or this one did not ask."}, {"未要求", "该账号的消息不跟踪，或此消息未提出要求。"}},
	numbering.NoRoom:       {{"no room", "The number does not fit beside the text."}, {"空间不足", "正文之外放不下编号。"}},
	numbering.Taken:        {{"taken", "The sender uses the element's identifier."}, {"已占用", "发送方使用了该元素的标识。"}},
	numbering.Malformed:    {{"malformed", "The message cannot be read."}, {"格式错误", "无法解析该消息。"}},
	numbering.NoSender:     {{"no sender", "The message has no source_addr: the SMSC fills it in, so the conversation is not known."}, {"无发送方", "消息没有 source_addr，由短信中心填写，因此不知道是哪个对话。"}},
	numbering.Binary:       {{"binary", "The message is no text, or it is for a port or for the SIM."}, {"二进制", "不是文本，或发往端口或 SIM 卡。"}},
	numbering.NotAMessage:  {{"not a message", "No message that a person reads: USSD, a silent SMS, or for another unit than the display."}, {"非消息", "不是供人阅读的消息：USSD、静默短信，或不发往屏幕。"}},
	numbering.Ack:          {{"acknowledgement", "The message is itself an acknowledgement (esm_class)."}, {"确认", "该消息本身就是确认（esm_class）。"}},
	numbering.Replace:      {{"replace", "The message may replace one that is not yet delivered (replace_if_present_flag)."}, {"替换", "可能替换一条尚未送达的消息（replace_if_present_flag）。"}},
	numbering.Bypass:       {{"canned text", "The text is a canned one of the SMSC's (sm_default_msg_id), which the gateway does not know."}, {"预设文本", "正文是短信中心的预设文本（sm_default_msg_id），网关不知道其内容。"}},
	numbering.LedgerDown:   {{"ledger down", "No number can be given now."}, {"账本不可用", "目前无法分配编号。"}},
	numbering.Multi:        {{"multi", "A submit_multi has one text for many receivers; track.multi: split numbers it."}, {"群发", "submit_multi 用一份正文发给多个接收方；设置 track.multi: split 后可编号。"}},
}

// refusedTexts are those of a message that the SMSC refused.
var refusedTexts = [2][2]string{{"refused", "The SMSC refused it; another message gets its number."}, {"被拒绝", "短信中心拒绝了它；其编号由另一条消息使用。"}}

func init() {
	setSkipTexts("refused", refusedTexts)
	for skip, texts := range skipTexts {
		setSkipTexts(skip.String(), texts)
	}
}

func setSkipTexts(skip string, texts [2][2]string) {
	for i, of := range texts {
		languages[i].texts["skip."+skip] = of[0]
		languages[i].texts["skip."+skip+".why"] = of[1]
	}
}
