package gateway

import (
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/numbering"
	"readback/internal/testpeer"
	"readback/relay/ledger"
	"readback/smpp"
)

// replaceSM is a replace_sm of a message of 10690001; rest is behind short_message.
func replaceSM(id string, registered, canned byte, text, rest string) smpp.Frame {
	return testpeer.Frame(pdu.ReplaceSMID, 0, 7, id+"\x00\x00\x0110690001\x00\x00\x00"+string([]byte{registered, canned, byte(len(text))})+text+rest)
}

// The new text of a numbered message has its number, in front or behind. Where it has no room, the replace_sm
// is refused. The message is found by its message_id in any case, and its source_addr.
func TestReplace(t *testing.T) {
	const element = "\x04\x80\x02\x00\x07"
	a := func(n int) string { return strings.Repeat("a", n) }
	payload := string(smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte("Hello")))
	hello, ucs2 := submitSM(0, 0, "Hello", nil), submitSM(8, 0, "\x00H\x00i", nil)
	part := submitSM(0, smpp.ESMClassUDHI, "\x05\x00\x03\x2A\x02\x01Hello", nil)
	turkish := submitSM(0, smpp.ESMClassUDHI, "\x03\x24\x01\x01Hello", nil)
	for _, tt := range []struct {
		name    string
		policy  numbering.Policy
		message smpp.Frame
		replace smpp.Frame
		want    smpp.Frame // nil: refused
	}{
		{"element", numbering.Policy{}, hello, replaceSM("4A7F01", 1, 0, "Howdy", ""), replaceSM("4A7F01", 1, 0, element+"Howdy", "")},
		{"another spelling of the id", numbering.Policy{}, hello, replaceSM("004a7f01", 1, 0, "Howdy", ""), replaceSM("004a7f01", 1, 0, element+"Howdy", "")},
		{"no text", numbering.Policy{}, hello, replaceSM("4A7F01", 1, 0, "", ""), replaceSM("4A7F01", 1, 0, element, "")},
		{"asks for a read acknowledgement", numbering.Policy{}, hello, replaceSM("4A7F01", 0x0D, 0, "Howdy", ""), replaceSM("4A7F01", 1, 0, element+"Howdy", "")},
		{"octets behind the text", numbering.Policy{}, hello, replaceSM("4A7F01", 1, 0, "Howdy", "\x00"), replaceSM("4A7F01", 1, 0, element+"Howdy", "\x00")},
		{"full", numbering.Policy{}, hello, replaceSM("4A7F01", 1, 0, a(154), ""), replaceSM("4A7F01", 1, 0, element+a(154), "")},
		{"no room", numbering.Policy{}, hello, replaceSM("4A7F01", 1, 0, a(155), ""), nil},
		{"UCS2, full", numbering.Policy{}, ucs2, replaceSM("4A7F01", 1, 0, a(134), ""), replaceSM("4A7F01", 1, 0, element+a(134), "")},
		{"UCS2, no room", numbering.Policy{}, ucs2, replaceSM("4A7F01", 1, 0, a(136), ""), nil},
		{"UCS2, half a character", numbering.Policy{}, ucs2, replaceSM("4A7F01", 1, 0, a(3), ""), nil},
		{"a part", numbering.Policy{}, part, replaceSM("4A7F01", 1, 0, "Howdy", ""), replaceSM("4A7F01", 1, 0, "\x09\x00\x03\x2A\x02\x01\x80\x02\x00\x07Howdy", "")},
		{
			"a part by sar_*",
			numbering.Policy{},
			submitSM(0, 0, "Hello", sarTLVs(42, 2, 1)), replaceSM("4A7F01", 1, 0, "Howdy", ""),
			replaceSM("4A7F01", 1, 0, "\x0A\x08\x04\x00\x2A\x02\x01\x80\x02\x00\x07Howdy", ""),
		},
		{"header of the ESME's", numbering.Policy{}, turkish, replaceSM("4A7F01", 1, 0, "Howdy", ""), replaceSM("4A7F01", 1, 0, "\x07\x24\x01\x01\x80\x02\x00\x07Howdy", "")},
		{"header of the ESME's, repeated", numbering.Policy{}, turkish, replaceSM("4A7F01", 1, 0, "\x03\x24\x01\x01Howdy", ""), replaceSM("4A7F01", 1, 0, "\x07\x24\x01\x01\x80\x02\x00\x07Howdy", "")},
		{"marker", numbering.Policy{Carriage: numbering.ByMarker}, hello, replaceSM("4A7F01", 1, 0, "Howdy", ""), replaceSM("4A7F01", 1, 0, "Howdy\x5F007", "")},
		{"marker, full", numbering.Policy{Carriage: numbering.ByMarker}, hello, replaceSM("4A7F01", 1, 0, a(156), ""), replaceSM("4A7F01", 1, 0, a(156)+"\x5F007", "")},
		{"marker, no room", numbering.Policy{Carriage: numbering.ByMarker}, hello, replaceSM("4A7F01", 1, 0, a(157), ""), nil},
		{"a text of the SMSC's", numbering.Policy{}, hello, replaceSM("4A7F01", 1, 3, "", ""), nil},
		{"message_payload", numbering.Policy{}, hello, replaceSM("4A7F01", 1, 0, "", payload), nil},
		{"cut short", numbering.Policy{}, hello, testpeer.Frame(pdu.ReplaceSMID, 0, 7, "4A7F01\x00\x00"), testpeer.Frame(pdu.ReplaceSMID, 0, 7, "4A7F01\x00\x00")},
		{
			"another sender's",
			numbering.Policy{},
			hello, testpeer.Frame(pdu.ReplaceSMID, 0, 7, "4A7F01\x00\x00\x0110690002\x00\x00\x00\x01\x00\x02Hi"),
			testpeer.Frame(pdu.ReplaceSMID, 0, 7, "4A7F01\x00\x00\x0110690002\x00\x00\x00\x01\x00\x02Hi"),
		},
		{"no number", numbering.Policy{When: numbering.Off}, hello, replaceSM("4A7F01", 0x0D, 0, "Howdy", ""), replaceSM("4A7F01", 0x0D, 0, "Howdy", "")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := remembering()
			l.assign = func(s *ledger.Sent) error { s.Number = 7; return nil }
			for _, id := range []string{"004a7f01", "4A7F01"} {
				l.routes.Store(id, "bank")
			}
			if tt.policy.When != numbering.Off {
				tt.policy.When = numbering.All
			}
			inBothModes(t, setup{ledger: l}, Account{Policy: tt.policy}, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				esme, smsc := join()
				f := tt.message
				f.SetSeq(2)
				esme.Send(f)
				smsc.Send(accepted(smsc.Next("submit_sm").Seq(), "4A7F01"))
				esme.Want("submit_sm_resp", accepted(2, "4A7F01"))
				esme.Send(tt.replace)
				if tt.want == nil {
					esme.Want("replace_sm_resp", refusal(tt.replace, smpp.StatusReplaceFailed))
					other := testpeer.Frame(pdu.ReplaceSMID, 0, 8, "4A7F01\x00\x00\x0110690002\x00\x00\x00\x01\x00\x02Hi")
					esme.Send(other)
					smsc.Want("the next request", other)
					return
				}
				smsc.Want("replace_sm", tt.want)
				smsc.Send(testpeer.Frame(pdu.ReplaceSMRespID, 0, 7, ""))
				esme.Want("replace_sm_resp", testpeer.Frame(pdu.ReplaceSMRespID, 0, 7, ""))
			})
		})
	}
}

// A message that the gateway split cannot be replaced, by any of its parts. A query_sm for it is answered with
// what the states of its parts come to. A cancel_sm without message_id is about all messages to the receiver.
func TestOperateSplit(t *testing.T) {
	s, _ := askedAgain()
	s.inMemory = false
	inBothModes(t, s, splitNoRoom, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		esme.Send(long(2, 1))
		for n, seq := range partsNumbered(t, smsc, 1) {
			smsc.Send(accepted(seq, "Id"+string(rune('1'+n))))
		}
		esme.Want("submit_sm_resp", accepted(2, "Id1"))
		for _, id := range []string{"Id1", "Id2", "Id3"} {
			f := replaceSM(id, 1, 0, "Howdy", "")
			esme.Send(f)
			esme.Want("replace_sm_resp of "+id, refusal(f, smpp.StatusReplaceFailed))
		}
		query := func(seq uint32, id string) smpp.Frame {
			return testpeer.Frame(pdu.QuerySMID, 0, seq, id+"\x00\x00\x0110690001\x00")
		}
		for _, tt := range []struct {
			states [3]string // final_date, message_state, error_code; empty: refused
			want   string
		}{
			{[3]string{"261123081500000+\x00\x02\x00", "261123081700000+\x00\x02\x00", "261123081600000+\x00\x02\x00"}, "Id1\x00261123081700000+\x00\x02\x00"},
			{[3]string{"261123081500000+\x00\x02\x00", "261123081700000+\x00\x05\x0B", "261123081600000+\x00\x03\x07"}, "Id1\x00261123081700000+\x00\x05\x0B"},
			{[3]string{"261123081500000+\x00\x02\x00", "\x00\x01\x00", "261123081600000+\x00\x05\x0B"}, "Id1\x00\x00\x01\x00"},
			{[3]string{"\x00\x06\x00", "\x00\x01\x00", "261123081600000+\x00\x05\x0B"}, "Id1\x00\x00\x06\x00"},
			{[3]string{"261123081500000+\x00\x02\x00", "", "261123081600000+\x00\x02\x00"}, ""},
			{[3]string{"261123081500000+\x00\x02\x00", "\x00\x02", "261123081600000+\x00\x02\x00"}, ""},
		} {
			esme.Send(query(7, "Id1"))
			for n, id := range []string{"Id1", "Id2", "Id3"} {
				f := smsc.Next("query_sm")
				if want := query(f.Seq(), id); string(f) != string(want) || (f.Seq() == 7) != (n == 0) {
					t.Fatalf("part %d: got % x, want % x", n+1, []byte(f), []byte(want))
				}
				status, body := smpp.StatusOK, id+"\x00"+tt.states[n]
				if tt.states[n] == "" {
					status, body = smpp.StatusQueryFailed, ""
				}
				smsc.Send(testpeer.Frame(pdu.QuerySMRespID, status, f.Seq(), body))
			}
			want := testpeer.Frame(pdu.QuerySMRespID, 0, 7, tt.want)
			if tt.want == "" {
				want = refusal(query(7, "Id1"), smpp.StatusQueryFailed)
			}
			esme.Want("query_sm_resp", want)
		}
		esme.Send(query(8, "Id2")) // of that part alone
		smsc.Want("query_sm", query(8, "Id2"))
		all := testpeer.Frame(pdu.CancelSMID, 0, 9, "\x00\x00\x00\x0110690001\x00\x01\x01"+receiver+"\x00")
		esme.Send(all)
		if w.pool != nil {
			esme.Want("cancel_sm_resp", refusal(all, smpp.StatusCancelFailed))
			return
		}
		smsc.Want("cancel_sm", all)
	})
}

// Of two messages with the same message_id, the replace_sm is about the later one.
func TestReplaceOfLater(t *testing.T) {
	l := remembering()
	l.assign = func(s *ledger.Sent) error { s.Number = 7; return nil }
	inBothModes(t, setup{ledger: l}, Account{Policy: numbering.Policy{When: numbering.Requested}}, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		for seq, tt := range []struct {
			registered byte
			want       string
		}{{4, "\x04\x80\x02\x00\x07Howdy"}, {0, "Howdy"}, {4, "\x04\x80\x02\x00\x07Howdy"}} {
			f := text(receiver, uint32(seq+2))
			m, err := smpp.ParseMessage(f)
			if err != nil {
				t.Fatal(err)
			}
			f, _ = m.AppendUserData(nil, m.UserData(), 0, tt.registered)
			esme.Send(f)
			smsc.Send(accepted(smsc.Next("submit_sm").Seq(), "A"))
			esme.Want("submit_sm_resp", accepted(uint32(seq+2), "A"))
			esme.Send(replaceSM("A", 0, 0, "Howdy", ""))
			smsc.Want("replace_sm", replaceSM("A", 0, 0, tt.want, ""))
			smsc.Send(testpeer.Frame(pdu.ReplaceSMRespID, 0, 7, ""))
			esme.Next("replace_sm_resp")
		}
	})
}
