package gateway

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
	"readback/internal/pool"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
	"readback/smpp/receipt"
)

// A message may be queried, cancelled and replaced by its own account, and by no
// other: the SMSC cannot tell them apart.
func TestOperate(t *testing.T) {
	ledger := remembering()
	w := share(t, setup{ledger: ledger}, pool.Config{}, map[string]Account{"bank": {}, "shop": {}})
	smsc := w.answerBind()
	esme, shop := w.login(simulator.Bind{}), w.login(simulator.Bind{SystemID: "shop"})
	submitted(esme, smsc, 2, "4A7F01")
	const source = "\x00\x0110690001\x00"
	tests := []struct {
		name    string
		f       smpp.Frame // with message_id 4A7F01
		foreign smpp.Frame // with another
		refused pdu.Status
	}{
		{"query_sm", testpeer.Frame(pdu.QuerySMID, 0, 7, "4A7F01\x00"+source), testpeer.Frame(pdu.QuerySMID, 0, 7, "4A7F02\x00"+source), smpp.StatusQueryFailed},
		{
			"cancel_sm", testpeer.Frame(pdu.CancelSMID, 0, 7, "CMT\x004A7F01\x00"+source+"\x01\x01447700900123\x00"),
			testpeer.Frame(pdu.CancelSMID, 0, 7, "4A7F01\x004A7F02\x00"+source+"\x01\x01447700900123\x00"), smpp.StatusCancelFailed,
		},
		{
			"replace_sm", testpeer.Frame(pdu.ReplaceSMID, 0, 7, "4A7F01\x00"+source+"\x00\x00\x01\x00\x05Hello"),
			testpeer.Frame(pdu.ReplaceSMID, 0, 7, "4A7F02\x00"+source+"\x00\x00\x01\x00\x05Hello"), smpp.StatusReplaceFailed,
		},
		{"golden query_sm", golden.Bytes(t, "query_sm.txt", "in"), testpeer.Frame(pdu.QuerySMID, 0, 7, ""), smpp.StatusQueryFailed},
		{"golden cancel_sm", golden.Bytes(t, "cancel_sm.txt", "in"), testpeer.Frame(pdu.CancelSMID, 0, 7, "CMT"), smpp.StatusCancelFailed},
		{"golden replace_sm", golden.Bytes(t, "replace_sm.txt", "in"), testpeer.Frame(pdu.ReplaceSMID, 0, 7, "\x00"), smpp.StatusReplaceFailed},
	}
	for _, tt := range tests {
		esme.Send(tt.f)
		smsc.Want("own "+tt.name, tt.f)
		answer := testpeer.Frame(smpp.ResponseID(tt.f.ID()), 0, tt.f.Seq(), "whatever")
		smsc.Send(answer)
		esme.Want("answer to "+tt.name, answer)

		shop.Send(tt.f)
		shop.Want("another's "+tt.name, refusal(tt.f, tt.refused))
		w.log.want(t, "msg=refused", "account=shop", "not a message of this account")
		esme.Send(tt.foreign)
		esme.Want("unknown "+tt.name, refusal(tt.foreign, tt.refused))
	}
	smsc.WantNothing()
}

// A message_id is known in whatever form the SMSC's answers have.
func TestOperateByNumber(t *testing.T) {
	w := share(t, setup{ledger: remembering(), options: ids(receipt.IDs{Response: receipt.Hex, Receipt: receipt.Decimal})}, pool.Config{}, bank)
	smsc, esme := w.answerBind(), w.login(simulator.Bind{})
	submitted(esme, smsc, 2, "004A7F01")
	for _, id := range []string{"004A7F01", "4a7f01"} {
		f := testpeer.Frame(pdu.QuerySMID, 0, 7, id+"\x00\x00\x0110690001\x00")
		esme.Send(f)
		smsc.Want(id, f)
		smsc.Send(testpeer.Frame(pdu.QuerySMRespID, 0, 7, ""))
		esme.Next("query_sm_resp")
	}
}
