package receipt

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

const appendixB = "id:4A7F01 sub:001 dlvrd:001 submit date:2611230829 done date:2611230830 stat:DELIVRD err:000 text:Hello"

// show prints the fields that a text has, in the order of Appendix B.
func show(text string) string {
	s := findFields([]byte(text))
	var out []string
	for f, name := range [fieldCount]string{"id", "sub", "dlvrd", "submit", "done", "stat", "err", "text"} {
		if s.has(field(f)) {
			out = append(out, fmt.Sprintf("%s=%q", name, text[s[f].start:s[f].end]))
		}
	}
	return strings.Join(out, " ")
}

func TestFields(t *testing.T) {
	const all = `id="4A7F01" sub="001" dlvrd="001" submit="2611230829" done="2611230830" stat="DELIVRD" err="000" text="Hello"`
	for _, tt := range []struct{ name, text, want string }{
		{"Appendix B", appendixB, all},
		{"upper case", "ID:4A7F01 SUB:001 DLVRD:001 SUBMIT DATE:2611230829 DONE DATE:2611230830 STAT:DELIVRD ERR:000 TEXT:Hello", all},
		{"mixed case", "Id:4A7F01 Sub:001 Dlvrd:001 Submit Date:2611230829 Done Date:2611230830 Stat:DELIVRD Err:000 Text:Hello", all},
		{"spaces behind the colons", "id: 4A7F01 sub: 001 dlvrd: 001 submit date: 2611230829 done date: 2611230830 stat: DELIVRD err: 000 text:Hello", all},
		{"spaces around the colons", "id : 4A7F01  sub : 001  dlvrd : 001  submit date : 2611230829  done date : 2611230830  stat : DELIVRD  err : 000  text :Hello", all},
		{"no spaces between fields", "id:4A7F01sub:001dlvrd:001submit date:2611230829done date:2611230830stat:DELIVRDerr:000text:Hello", all},
		{"lines", "\r\nid:4A7F01\r\nsub:001\r\ndlvrd:001\r\nsubmit  date:2611230829\ndone\tdate:2611230830\nstat:DELIVRD\terr:000\ntext:Hello", all},
		{"lines that end in CR", "id:4A7F01\rsub:001\rdlvrd:001\rsubmit date:2611230829\rdone date:2611230830\rstat:DELIVRD\rerr:000\rtext:Hello", all},
		{"lines that end in NUL", "id:4A7F01\x00sub:001\x00dlvrd:001\x00submit date:2611230829\x00done date:2611230830\x00stat:DELIVRD\x00err:000\x00text:Hello", all},
		{"dates in one word", "id:4A7F01 sub:001 dlvrd:001 submit_date:2611230829 donedate:2611230830 stat:DELIVRD err:000 text:Hello", all},
		{"another order", "stat:DELIVRD done date:2611230830 err:000 submit date:2611230829 dlvrd:001 sub:001 id:4A7F01 text:Hello", all},
		{"text in front", "text:Hello id:4A7F01 sub:001 dlvrd:001 submit date:2611230829 done date:2611230830 stat:DELIVRD err:000", all},
		{"text among them", "id:4A7F01 sub:001 dlvrd:001 text:Hello submit date:2611230829 done date:2611230830 stat:DELIVRD err:000", all},
		{"others among them", "smsc:7 id:4A7F01 x sub:001 y z:1 dlvrd:001 submit date:2611230829 08:29 done date:2611230830 stat:DELIVRD (2) err:000 text:Hello", all},

		{"nothing", "", ""},
		{"no field", "Hello: world", ""},
		{"a colon", ":", ""},
		{"the words look like fields", "id:1 stat:DELIVRD text:id:9 stat:UNDELIV err:5", `id="1" stat="DELIVRD" text="id:9 stat:UNDELIV err:5"`},
		{"the words have spaces", "id:1 stat:DELIVRD text: a  b ", `id="1" stat="DELIVRD" text=" a  b "`},
		{"no words", "id:1 stat:DELIVRD text:", `id="1" stat="DELIVRD" text=""`},
		{"the first one counts", "id:1 stat:DELIVRD id:2 stat:UNDELIV", `id="1" stat="DELIVRD"`},
		{"no value", "id: stat:DELIVRD", `id="" stat="DELIVRD"`},
		{"no value at the end", "id:1 stat: ", `id="1" stat=""`},
		{"no value and no space", "id:stat:DELIVRD", `id="stat:DELIVRD"`},
		{"a name within a word", "void:1 restat:2", ""},
		{"a name without a colon", "id stat text", ""},
		{"another date", "id:1 birth date:2 date:3", `id="1"`},
		{"a colon in the id", "id:urn:uuid:1 stat:DELIVRD", `id="urn:uuid:1" stat="DELIVRD"`},
		{"a name within a later word", "id:1 see substat:2", `id="1"`},
		{"a name within the words", "text:context:1 id:1", `id="1" text="context:1"`},
		{"a name behind a colon", "id:1 stat:err:5", `id="1" stat="err:5"`},
	} {
		if got := show(tt.text); got != tt.want {
			t.Errorf("%s: %q\n got %s\nwant %s", tt.name, tt.text, got, tt.want)
		}
	}
}

// Every order of the fields reads the same.
func TestFieldsInAnyOrder(t *testing.T) {
	fields := []string{
		"id:4A7F01", "sub:001", "dlvrd:001", "submit date:2611230829", "done date:2611230830", "stat:DELIVRD", "err:000", "text:Hello",
	}
	want := show(appendixB)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		rng.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
		text := strings.Join(fields, " ")
		// Behind id and stat, text has no end: what comes then is the words of the message.
		if i := strings.Index(text, "text:"); i > strings.Index(text, "id:") && i > strings.Index(text, "stat:") && !strings.HasSuffix(text, "Hello") {
			continue
		}
		if got := show(text); got != want {
			t.Errorf("%q\n got %s\nwant %s", text, got, want)
		}
	}
}
