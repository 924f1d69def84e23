package gateway

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// text is a submit_sm to the receiver.
func text(to string, seq uint32) smpp.Frame {
	return simulator.ShortMessage{
		From: simulator.Number("10690001"), To: simulator.Number(to), UserData: []byte("Your code is 4711."),
	}.Append(nil, pdu.SubmitSMID, seq)
}

const receiver = "447700900123"

// accepted is the submit_sm_resp with a message_id.
func accepted(seq uint32, id string) smpp.Frame {
	return testpeer.Frame(pdu.SubmitSMRespID, 0, seq, id+"\x00")
}

// refusal is the response that refuses f.
func refusal(f smpp.Frame, status pdu.Status) smpp.Frame {
	return smpp.AppendRefusal(nil, f.ID(), status, f.Seq())
}

// parsed is a message that can be read.
func parsed(t testing.TB, f smpp.Frame) smpp.Message {
	t.Helper()
	m, err := smpp.ParseMessage(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
