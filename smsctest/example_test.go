package smsctest_test

import (
	"context"
	"fmt"
	"time"

	"github.com/fiorix/go-smpp/smpp"
	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"
	"github.com/fiorix/go-smpp/smpp/pdu/pdutext"

	"readback/smsctest"
)

// A client of go-smpp sends a message that the SMSC throttles, sends it again, and gets a receipt and a message
// of a subscriber. In a test, Start takes the place of New.
func Example() {
	smsc, err := smsctest.New(smsctest.Options{
		Accounts: map[string]string{"bank": "secret"},
		Scenario: `
rules:
  - name: the first message is throttled
    times: 1
    status: ESME_RTHROTTLED`,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = smsc.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	// The client that is tested.
	came := make(chan pdu.Body, 10)
	client := &smpp.Transceiver{
		Addr: smsc.Addr(), User: "bank", Passwd: "secret", Handler: func(p pdu.Body) { came <- p },
	}
	defer func() { _ = client.Close() }()
	if status := <-client.Bind(); status.Error() != nil {
		fmt.Println(status.Error())
		return
	}
	m := &smpp.ShortMessage{Src: "10690001", Dst: "447700900101", Text: pdutext.UCS2("你好"), Register: pdufield.NoDeliveryReceipt}
	_, err = client.Submit(m)
	fmt.Println("first:", err)
	_, err = client.Submit(m)
	fmt.Println("second:", err)

	// What the SMSC has seen of it.
	for range 2 {
		got, err := smsc.Expect(ctx, smsctest.Match{Receiver: "447700900101"})
		fmt.Println(got, err)
		if got.Status == 0 {
			fmt.Println("receipt:", smsc.InjectReceipt(ctx, got.Receipt("UNDELIV")))
		}
	}
	fmt.Println("MO:", smsc.Inject(ctx, smsctest.MO{From: "447700900101", To: "10690001", Text: "STOP"}))
	fmt.Println(text(<-came)[:10], text(<-came))

	// Output:
	// first: throttling error
	// second: <nil>
	// submit_sm 10690001 → 447700900101 "你好" (refused with 0x58) <nil>
	// submit_sm 10690001 → 447700900101 "你好" (accepted as 4A7F01) <nil>
	// receipt: <nil>
	// MO: <nil>
	// id:4A7F01  STOP
}

func text(p pdu.Body) string { return p.Fields()[pdufield.ShortMessage].String() }

// In a test.
func ExampleStart() {
	// func TestSend(t *testing.T) {
	var t smsctest.TB = &quiet{}
	smsc := smsctest.Start(t, smsctest.Options{Scenario: "rules: [{every: 10, status: ESME_RTHROTTLED}]", Seed: 17})
	fmt.Println(smsc.Seed())
	t.(*quiet).end()
	// Output: 17
}

// quiet stands for a *testing.T.
type quiet struct{ cleanup []func() }

func (*quiet) Helper()                   {}
func (q *quiet) Cleanup(f func())        { q.cleanup = append(q.cleanup, f) }
func (*quiet) Logf(string, ...any)       {}
func (*quiet) Errorf(f string, a ...any) { fmt.Printf(f+"\n", a...) }
func (*quiet) Fatalf(f string, a ...any) { fmt.Printf(f+"\n", a...) }

func (q *quiet) end() {
	for _, f := range q.cleanup {
		f()
	}
}
