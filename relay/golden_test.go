package relay

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"readback/relay/message"
)

// goldenOctets reads the sections of testdata/format/pattern: lines of octets, with a comment
// behind #. 69*64 stands for 64 octets 69.
func goldenOctets(t testing.TB, pattern string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "testdata", "format", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	sections, name := make(map[string][]byte), ""
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			line, _, _ = strings.Cut(line, "#")
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "[") {
				name = strings.Trim(line, "[]")
				if sections[name] != nil {
					t.Fatalf("%s: section [%s] comes twice", file, name)
				}
				continue
			}
			for _, token := range strings.Fields(line) {
				sections[name] = append(sections[name], octets(t, token)...)
			}
		}
	}
	return sections
}

// octets reads one octet, or a run of the same.
func octets(t testing.TB, token string) []byte {
	t.Helper()
	octet, times, many := strings.Cut(token, "*")
	b, err := hex.DecodeString(octet)
	n := 1
	if err == nil && many {
		n, err = strconv.Atoi(times)
	}
	if err != nil {
		t.Fatalf("octets %q: %v", token, err)
	}
	return bytes.Repeat(b, n)
}

func many(s string, n int) []byte { return bytes.Repeat([]byte(s), n) }

// hexDiff shows octets from a little before the first that differ.
func hexDiff(got, want []byte) string {
	at := 0
	for at < len(got) && at < len(want) && got[at] == want[at] {
		at++
	}
	from := max(0, at-8)
	return "from octet " + strconv.Itoa(from) + ":\ngot  " + hex.EncodeToString(got[min(from, len(got)):]) +
		"\nwant " + hex.EncodeToString(want[min(from, len(want)):])
}

// A held receipt has this form in its stream.
func TestGoldenHeldReceipt(t *testing.T) {
	const golden = `{"account":"bank","sender":"10690001","receiver":"447700900123","number":257,"message_id":"4A7F01",` +
		`"at":"2026-11-18T11:06:40.123Z","receipt":"AAEC"}`
	want := heldReceipt{
		Account: "bank", Sender: "10690001", Receiver: "447700900123", Number: 257, MessageID: "4A7F01",
		At: message.Time(goldenTime), Receipt: []byte{0, 1, 2},
	}
	if got, err := json.Marshal(want); string(got) != golden || err != nil {
		t.Errorf("got  %s, %v\nwant %s", got, err, golden)
	}
	var got heldReceipt
	if err := json.Unmarshal([]byte(golden), &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

// Feedback that an earlier release put in the queue is delivered with all its fields.
func TestGoldenFeedbackIsRead(t *testing.T) {
	var got message.Feedback
	if err := json.Unmarshal([]byte(goldenFeedback), &got); err != nil {
		t.Fatal(err)
	}
	e := goldenEntry(func(e *entry) {
		e.reference, e.hasReference, e.state = 42, true, message.StateRead
		e.deliveredAt, e.readAt, e.receivedAt = goldenTime, goldenTime+1, goldenTime+2
	})
	if want := newFeedback(&goldenPlace, &e); !reflect.DeepEqual(&got, want) {
		t.Errorf("got  %+v\nwant %+v", got, *want)
	}
}

// over has values at their bounds, and the same values one above.
var over = []struct{ most, more string }{
	{"FF FF 03", "80 80 04"},                                           // 65535
	{"80 80 80 80 80 80 40", "81 80 80 80 80 80 40"},                   // 2^48
	{"80 80 80 80 80 80 80 80 40", "81 80 80 80 80 80 80 80 40"},       // 2^62
	{"FF FF FF FF FF FF FF FF FF 01", "FF FF FF FF FF FF FF FF FF 02"}, // 2^64-1
	{"80 80 04", "81 80 04"},                                           // 65536
	{"14" + " 31 32 33 34 35 36 37 38 39 30 31 32 33 34 35 36 37 38 39 30", "15 30 31 32 33 34 35 36 37 38 39 30 31 32 33 34 35 36 37 38 39 30"},
}

// longer returns the octets with each value that is at its most, and each run of octets behind
// its length, made one longer.
func longer(t *testing.T, golden []byte) (all [][]byte) {
	t.Helper()
	replaced := func(at int, old, new []byte) {
		all = append(all, slices.Concat(golden[:at], new, golden[at+len(old):]))
	}
	for i := range golden {
		for _, o := range over {
			most, more := spelled(t, o.most), spelled(t, o.more)
			if bytes.HasPrefix(golden[i:], most) && (i == 0 || most[0] != 0x80 || golden[i-1] < 0x80) {
				replaced(i, most, more)
			}
		}
		n, size := binary.Uvarint(golden[i:])
		run := golden[i+max(size, 0):]
		if slices.Contains([]uint64{64, 65, 255}, n) && n <= uint64(len(run)) && len(bytes.Trim(run[:n], string(run[:1]))) == 0 {
			replaced(i, golden[i:i+size], append(binary.AppendUvarint(nil, n+1), run[0]))
		}
	}
	return all
}

func spelled(t *testing.T, text string) (all []byte) {
	for _, token := range strings.Fields(text) {
		all = append(all, octets(t, token)...)
	}
	return all
}

// A value over its bound is an error, in every field.
func TestOverTheMost(t *testing.T) {
	n := 0
	refused := func(name string, golden []byte, parse func([]byte) error) {
		for _, value := range longer(t, golden) {
			n++
			if err := parse(value); err == nil {
				t.Errorf("%s: %s\ngot no error", name, hexDiff(value, golden))
			}
		}
	}
	for name, golden := range goldenOctets(t, "log_*.txt") {
		if !strings.HasSuffix(name, "at their most") {
			continue
		}
		batch := appendHeader(nil, header{epoch: 3})
		refused(name, golden, func(value []byte) error {
			if strings.HasPrefix(name, "header") {
				_, err := parseBatch(value)
				return err
			}
			_, err := onlyRecord(append(bytes.Clone(batch), value...))
			return err
		})
	}
	values := goldenOctets(t, "index_values.txt")
	refused("entry", values["entry, all at their most"], func(v []byte) error { _, err := parseEntry(v); return err })
	refused("head", values["head, all at their most"], func(v []byte) error { _, err := parseHead(v); return err })
	refused("applied", values["applied, all at their most"], func(v []byte) error { _, err := parseApplied(v); return err })
	refused("part", values["part, all at their most"], func(v []byte) error { _, err := parsePartOfDay(v); return err })
	refused("cut", values["cut, all at their most"], func(v []byte) error { _, err := parseCutState(v); return err })
	if n < 50 {
		t.Errorf("%d values were over the most, want more", n)
	}
}
