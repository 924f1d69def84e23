package intake

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"readback/relay/broker"
	"readback/relay/message"
	"readback/relay/reads"
	"readback/relay/relaytest"
)

// topicVerdicts are the verdicts of an answer as a subscriber reads them.
func topicVerdicts(t *testing.T, on any) (all []topicVerdict) {
	t.Helper()
	text, err := json.Marshal(on)
	if err != nil {
		t.Fatal(err)
	}
	if _, array := on.([]topicVerdict); !array {
		text = fmt.Appendf(nil, "[%s]", text)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return all
}

// Any message on any topic gets a final verdict, and only the receiver that the topic names can
// report a read.
func FuzzTopic(f *testing.F) {
	const receiver = "447700900123"
	opt := testOptions(f)
	opt.ReadRate = 0
	r := serve(f, opt)
	for n := range 20 {
		r.submit(relaytest.Conversation(f, "10690001", receiver), fmt.Sprint("id", n))
	}
	f.Add(receiver, []byte(`{"number":1,"id":"a"}`))
	f.Add("+"+receiver, []byte(`{"receiver":"00447700900123","sender":"10690001","number":2,"status":2,"read_at":"2026-11-23T08:30:00Z"}`))
	f.Add("tel:+44-7700-900123", []byte(`{"receiver":"+44 (0)7700 900123","number":2}`))
	f.Add("447700900124", []byte(`{"receiver":"447700900123","number":3}`))
	f.Add(receiver, []byte(`[{"number":4,"status":0},{"number":65000,"id":"b"},{"sender":"bank","number":5}]`))
	f.Add("now", []byte(`{"number":1}`))
	f.Add("", []byte(`[]`))
	f.Add(receiver+".x", []byte("\xff"))
	codes := []int{202, 207, 400, 401, 403, 404, 409, 410, 413}
	way := &topics{streamReader: &streamReader{Submitter: r.submitter}}
	f.Fuzz(func(t *testing.T, topic string, body []byte) {
		on := parseTopic(broker.SubjectReadsOf + topic)
		a := way.submitTopic(t.Context(), &on, body, via{name: "mqtt"})
		items, _, v := reads.ParseBody(body)
		all := topicVerdicts(t, a.on(body))
		if len(all) != max(len(items), 1) && a.items != nil || a.items != nil && v.IsDecided() {
			t.Errorf("%d verdicts on %d read responses", len(all), len(items))
		}
		for i, v := range all {
			if !slices.Contains(codes, v.Code) || len(v.ID) > reads.MaxID {
				t.Errorf("verdict %d: got %+v", i, v)
			}
			if v.Code != 202 {
				continue
			}
			of, err := message.ParsePhoneNumber(strings.ReplaceAll(topic, "//", "."))
			var rd struct {
				Receiver, ID string
				Number       uint16
			}
			if err := json.Unmarshal(items[i], &rd); err != nil {
				t.Errorf("verdict %d: got %+v on %s", i, v, items[i])
			}
			by, _ := message.ParsePhoneNumber(rd.Receiver)
			if err != nil || of.String() != receiver || rd.Receiver != "" && by != of {
				t.Errorf("verdict %d: got %+v on the topic %q for %q", i, v, topic, rd.Receiver)
			}
			if v.Number == nil || *v.Number != rd.Number || v.ID != rd.ID {
				t.Errorf("verdict %d: got %+v, want the number and ID of %s", i, v, items[i])
			}
		}
	})
}
