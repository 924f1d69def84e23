package handset_test

// vectorPart is the user data of one SMS as SMPP has it, and what it was before the gateway.
type vectorPart struct {
	dataCoding byte
	udhi       bool
	userData   string // octets
	submitted  string // as the ESME sent it; empty: the gateway would not make this message
	hadHeader  bool   // whether that had a header
}

// vectorCase is a message, and what is found in it. It is written by hand: nothing of it comes from the code.
type vectorCase struct {
	name, about string
	sender      string // empty: 10690001
	parts       []vectorPart
	malformed   bool
	carriage    string // element, marker, or empty
	number      uint16
	proof       string
	text        string
	marker      string
}

const number, proof17 = "\x80\x02", "\x80\x06\x00\x11\xeb\x34\x54\xc4"

// whole is a message of one part.
func whole(dataCoding byte, udhi bool, userData, submitted string) []vectorPart {
	return []vectorPart{{dataCoding, udhi, userData, submitted, false}}
}

var vectorCases = []vectorCase{
	{
		name: "element", about: "The element alone in the header, GSM 7-bit text, number 1.",
		parts:    whole(0x00, true, "\x04"+number+"\x00\x01Hello", "Hello"),
		carriage: "element", number: 1, text: "Hello",
	},
	{
		name: "element_257", about: "The last number of the cycle needs both octets.",
		parts:    whole(0x00, true, "\x04"+number+"\x01\x01Hello", "Hello"),
		carriage: "element", number: 257, text: "Hello",
	},
	{
		name: "element_ucs2", about: "The element before UCS2 text.",
		parts:    whole(0x08, true, "\x04"+number+"\x00\x02\x4f\x60\x59\x7d", "\x4f\x60\x59\x7d"),
		carriage: "element", number: 2, text: "你好",
	},
	{
		name: "element_proof", about: "With the proof behind the number: the length of the element is 6.",
		parts:    whole(0x00, true, "\x08"+proof17+"Hello", "Hello"),
		carriage: "element", number: 17, proof: "eb3454c4", text: "Hello",
	},
	{
		name: "element_proof_ucs2", about: "The proof before UCS2 text.",
		parts:    whole(0x08, true, "\x08"+proof17+"\x4f\x60\x59\x7d", "\x4f\x60\x59\x7d"),
		carriage: "element", number: 17, proof: "eb3454c4", text: "你好",
	},
	{
		name: "element_behind_others", about: "Other elements (here reply address, IE 22) stand before it.",
		parts: []vectorPart{{
			0x00, true, "\x0a\x22\x04\x04\x81\x21\x43" + number + "\x00\x03Hello", "\x06\x22\x04\x04\x81\x21\x43Hello", true,
		}},
		carriage: "element", number: 3, text: "Hello",
	},
	{
		name: "element_concatenated_8", about: "Two parts with an 8-bit reference (IE 00). Both have the number of the message.",
		parts: []vectorPart{
			{0x00, true, "\x09\x00\x03\x64\x02\x01" + number + "\x00\x04Hello ", "\x05\x00\x03\x64\x02\x01Hello ", true},
			{0x00, true, "\x09\x00\x03\x64\x02\x02" + number + "\x00\x04world", "\x05\x00\x03\x64\x02\x02world", true},
		},
		carriage: "element", number: 4, text: "Hello world",
	},
	{
		name: "element_concatenated_16", about: "Two parts with a 16-bit reference (IE 08).",
		parts: []vectorPart{
			{0x08, true, "\x0a\x08\x04\x12\x34\x02\x01" + number + "\x00\x05\x4f\x60", "\x06\x08\x04\x12\x34\x02\x01\x4f\x60", true},
			{0x08, true, "\x0a\x08\x04\x12\x34\x02\x02" + number + "\x00\x05\x59\x7d", "\x06\x08\x04\x12\x34\x02\x02\x59\x7d", true},
		},
		carriage: "element", number: 5, text: "你好",
	},
	{
		name: "element_in_one_part", about: "Only the second part had room. The number is the message's, whichever part has it.",
		parts: []vectorPart{
			{dataCoding: 0x00, udhi: true, userData: "\x05\x00\x03\x65\x02\x01Hello "},
			{dataCoding: 0x00, udhi: true, userData: "\x09\x00\x03\x65\x02\x02" + number + "\x00\x06world"},
		},
		carriage: "element", number: 6, text: "Hello world",
	},
	{
		name: "element_repeated", about: "An element that is repeated: the last one counts (TS 23.040 §9.2.3.24).",
		parts:    whole(0x00, true, "\x08"+number+"\x00\x01"+number+"\x00\x02Hello", ""),
		carriage: "element", number: 2, text: "Hello",
	},
	{
		name: "element_and_marker", about: "The element goes before a marker, which is then text like any other.",
		parts:    whole(0x00, true, "\x04"+number+"\x00\x07see #005", "see #005"),
		carriage: "element", number: 7, text: "see #005",
	},
	{
		name: "marker_ucs2", about: "□001 behind UCS2 text.",
		parts:    whole(0x08, false, "\x4f\x60\x59\x7d\x25\xa1\x000\x000\x001", "\x4f\x60\x59\x7d"),
		carriage: "marker", number: 1, text: "你好", marker: "□001",
	},
	{
		name: "marker_gsm7", about: "§001 behind GSM 7-bit text: the symbol is septet 5F.",
		parts:    whole(0x00, false, "OK\x5f001", "OK"),
		carriage: "marker", number: 1, text: "OK", marker: "§001",
	},
	{
		name: "marker_latin1", about: "§001 behind Latin-1 text: A7 in SMPP, 5F on the air, where the SMSC has made GSM 7-bit of it.",
		parts:    whole(0x03, false, "d\xe9j\xe0\xa7001", "d\xe9j\xe0"),
		carriage: "marker", number: 1, text: "déjà", marker: "§001",
	},
	{
		name: "marker_ascii", about: "#001 behind ASCII text.",
		parts:    whole(0x01, false, "OK#001", "OK"),
		carriage: "marker", number: 1, text: "OK", marker: "#001",
	},
	{
		name: "marker_zero", about: "With the marker, numbers may begin at 0 and end at 255.",
		parts:    whole(0x00, false, "OK\x5f000", "OK"),
		carriage: "marker", number: 0, text: "OK", marker: "§000",
	},
	{
		name: "marker_behind_another", about: "The text ends like a marker itself. Only the last one is the gateway's.",
		parts:    whole(0x01, false, "#217#017", "#217"),
		carriage: "marker", number: 17, text: "#217", marker: "#017",
	},
	{
		name: "marker_in_the_last_part", about: "A message in parts has the marker at the end of the last one. What looks like one before is text.",
		parts: []vectorPart{
			{dataCoding: 0x00, udhi: true, userData: "\x05\x00\x03\x66\x02\x01Part #001"},
			{0x00, true, "\x05\x00\x03\x66\x02\x02, end\x5f008", "\x05\x00\x03\x66\x02\x02, end", true},
		},
		carriage: "marker", number: 8, text: "Part #001, end", marker: "§008",
	},
	{
		name: "marker_alphabet_changed", about: "The SMSC made UCS2 of ASCII text. The symbol is still #.",
		parts:    whole(0x08, false, "\x00O\x00K\x00#\x000\x000\x009", ""),
		carriage: "marker", number: 9, text: "OK", marker: "#009",
	},
	{
		name: "alphanumeric_sender", about: "The sender is a name. It goes into the JSON as it is; by SMS nothing can be sent to it.", sender: "READBACK",
		parts:    whole(0x00, true, "\x04"+number+"\x00\x0aHello", "Hello"),
		carriage: "element", number: 10, text: "Hello",
	},
	{
		name: "international_sender", about: "The sender is an international number. TP-OA says so by its type, and the app writes a plus.", sender: "+12025550142",
		parts:    whole(0x00, true, "\x04"+number+"\x00\x0bHello", ""),
		carriage: "element", number: 11, text: "Hello",
	},
	{name: "none", about: "No number: no read response, ever.", parts: whole(0x00, false, "Hello", ""), text: "Hello"},
	{
		name: "none_other_element", about: "A header without the element.",
		parts: whole(0x00, true, "\x06\x22\x04\x04\x81\x21\x43Hello", ""), text: "Hello",
	},
	{
		name: "none_length", about: "The identifier with another length than 2 and 6 is somebody else's.",
		parts: whole(0x00, true, "\x05\x80\x03\x00\x01\x00Hello", ""), text: "Hello",
	},
	{
		name: "none_not_udhi", about: "The octets of an element without TP-UDHI are text.",
		parts: whole(0x08, false, "\x00\x04\x80\x02\x00\x01", ""), text: "\u0004耂\u0001",
	},
	{
		name: "none_marker_inside", about: "A marker that is not at the very end is text.",
		parts: whole(0x00, false, "OK\x5f001 !", ""), text: "OK§001 !",
	},
	{
		name: "none_two_digits", about: "A symbol and two digits are no marker.",
		parts: whole(0x00, false, "OK\x5f01", ""), text: "OK§01",
	},
	{
		name: "none_other_digits", about: "Digits of other scripts (here U+0660, U+0661) do not count.",
		parts: whole(0x08, false, "\x00O\x00K\x25\xa1\x06\x60\x06\x60\x06\x61", ""), text: "OK□٠٠١",
	},
	{
		name: "none_escaped_symbol", about: "Septet 5F behind an escape (1B) is another character, and no symbol. An app that sees characters alone cannot tell; the server answers 404.",
		parts: whole(0x00, false, "Yes\x1b\x5f001", ""), text: "Yes§001",
	},
	{
		name: "none_locking_shift", about: "A national locking table (IE 25) gives septet 5F another meaning: no marker. An app that sees characters alone cannot tell; the server answers 404.",
		parts: whole(0x00, true, "\x03\x25\x01\x01OK\x5f001", ""), text: "OK§001",
	},
	{
		name: "malformed_header", about: "An element of the header is longer than the header: it is ignored as a whole.",
		parts: whole(0x08, true, "\x04\x80\x06\x00\x11\x00O\x00K", ""), malformed: true, text: "OK",
	},
	{
		name: "malformed_half_element", about: "The header ends behind an identifier.",
		parts: whole(0x08, true, "\x05\x80\x02\x00\x01\x22\x00O\x00K", ""), malformed: true, text: "OK",
	},
	{
		name: "malformed_truncated", about: "The header is longer than the message: there is nothing to show, and no number.",
		parts: whole(0x08, true, "\x20\x80\x02\x00\x01", ""), malformed: true, text: "",
	},
	{
		name: "malformed_empty", about: "TP-UDHI without any octet.",
		parts: whole(0x08, true, "", ""), malformed: true, text: "",
	},
}

// vectorTexts are messages of which an app sees the text alone.
var vectorTexts = []struct {
	name, text string
	number     uint16
	shown      string
	marker     string
}{
	{"ucs2", "你好□001", 1, "你好", "□001"},
	{"gsm7", "OK§255", 255, "OK", "§255"},
	{"ascii", "OK#017", 17, "OK", "#017"},
	{"behind_another", "#217#017", 17, "#217", "#017"},
	{"alone", "§042", 42, "", "§042"},
	{"none", "OK", 0, "OK", ""},
	{"none_inside", "OK #017 ok", 0, "OK #017 ok", ""},
	{"none_two_digits", "OK#17", 0, "OK#17", ""},
	{"none_other_digits", "OK□٠٠١", 0, "OK□٠٠١", ""},
	{"none_short", "017", 0, "017", ""},
}
