package feedback

import (
	"encoding/json"
	"reflect"
	"testing"

	"readback/relay/journal/journaltest"
	"readback/relay/message"
)

// A held receipt has this form in its stream.
func TestGoldenHeldReceipt(t *testing.T) {
	const golden = `{"account":"bank","sender":"10690001","receiver":"447700900123","number":257,"message_id":"4A7F01",` +
		`"at":"2026-11-18T11:06:40.123Z","receipt":"AAEC"}`
	want := heldReceipt{
		Account: "bank", Sender: "10690001", Receiver: "447700900123", Number: 257, MessageID: "4A7F01",
		At: message.Time(journaltest.Time), Receipt: []byte{0, 1, 2},
	}
	if got, err := json.Marshal(want); string(got) != golden || err != nil {
		t.Errorf("got  %s, %v\nwant %s", got, err, golden)
	}
	var got heldReceipt
	if err := json.Unmarshal([]byte(golden), &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}
