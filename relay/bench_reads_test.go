package relay

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// accepted assigns numbers to n messages, one in each conversation, and has the SMSC accept them with ids in
// no order. It returns them, and their ids.
func accepted(b *testing.B, l *ledger.Partition, all []message.Conversation, each func(i int, s *ledger.Sent, id []byte)) []ledger.Sent {
	const inFlight = 64
	free := relaytest.NewCredits(inFlight)
	sent := make([]ledger.Sent, len(all))
	for i, c := range all {
		<-free
		s := &sent[i]
		*s = ledger.Sent{
			Conversation: c, Account: "bank", At: time.Now(),
			From: message.Address{TON: 5, Addr: c.Sender}, To: message.Address{TON: 1, NPI: 1, Addr: c.Receiver},
		}
		if err := l.Assign(s); err != nil {
			b.Fatal(err)
		}
		id := benchID(i)
		l.Accept(s, id, free, 0)
		each(i, s, id)
	}
	for range inFlight {
		<-free
	}
	return sent
}

// benchID is a message_id, in no order.
func benchID(i int) []byte { return strconv.AppendUint(nil, uint64(i)*0x9E3779B97F4A7C15|1<<63, 16) }

// BenchmarkReceipts is what a delivery receipt of each message costs, beside the message itself.
func BenchmarkReceipts(b *testing.B) {
	for _, receipts := range []bool{false, true} {
		b.Run(fmt.Sprintf("receipts=%t", receipts), func(b *testing.B) {
			opt, reg := testOptions(b), prometheus.NewRegistry()
			opt.Registerer = reg
			r := start(b, opt)
			l := r.Ledger()
			all := relaytest.Conversations(b, 1000)
			convs := make([]message.Conversation, b.N)
			for i := range convs {
				convs[i] = all[i%len(all)]
			}
			const behind = 1000 // a receipt comes so many messages after its own
			b.ReportAllocs()
			b.ResetTimer()
			cpu := cpuTime(b)
			accepted(b, l, convs, func(i int, _ *ledger.Sent, _ []byte) {
				if i -= behind; receipts && i >= 0 {
					l.Receipt("bank", convs[i], benchID(i), message.StateDelivered, 0)
				}
			})
			b.StopTimer()
			b.ReportMetric(float64((cpuTime(b)-cpu).Nanoseconds())/1000/float64(b.N), "cpu-µs/msg")
			b.ReportMetric(relaytest.Metric(b, reg, "readback_ledger_receipts_dropped_total", ""), "dropped")
		})
	}
}

// BenchmarkReads is what a read costs, from the request over HTTP until the ESME has acknowledged the feedback.
func BenchmarkReads(b *testing.B) {
	for _, size := range []int{1, 100} {
		b.Run(fmt.Sprintf("array=%d", size), func(b *testing.B) { benchReads(b, size) })
	}
}

func benchReads(b *testing.B, size int) {
	r := start(b, testOptions(b))
	all := relaytest.Conversations(b, b.N)
	sent := accepted(b, r.Ledger(), all, func(int, *ledger.Sent, []byte) {})
	var told atomic.Int64
	done := make(chan struct{})
	r.deliver("bank", func(context.Context, *message.Feedback) error {
		if told.Add(1) == int64(b.N) {
			close(done)
		}
		return nil
	})
	s := httptest.NewServer(r.API().Handler())
	defer s.Close()
	b.ReportAllocs()
	b.ResetTimer()
	cpu := cpuTime(b)
	postReads(b, s.URL, sent, size)
	<-done
	b.StopTimer()
	b.ReportMetric(float64((cpuTime(b)-cpu).Nanoseconds())/1000/float64(b.N), "cpu-µs/read")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reads/s")
}

// postReads posts a read of each message, from several clients, each on a connection of its own.
func postReads(b *testing.B, url string, sent []ledger.Sent, size int) {
	const clients = 4
	var next atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			c := &http.Client{Transport: &http.Transport{}}
			defer c.CloseIdleConnections()
			for {
				from := int(next.Add(int64(size))) - size
				if from >= len(sent) {
					return
				}
				if err := postArray(c, url, sent[from:min(from+size, len(sent))]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func postArray(c *http.Client, url string, sent []ledger.Sent) error {
	var body bytes.Buffer
	for i := range sent {
		body.WriteByte("[,"[min(i, 1)])
		fmt.Fprintf(&body, `{"receiver":%q,"sender":%q,"number":%d}`, sent[i].Conversation.Receiver.String(), sent[i].Conversation.Sender.String(), sent[i].Number)
	}
	body.WriteByte(']')
	res, err := c.Post(url+"/v1/reads", "application/json", &body)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusAccepted {
		return fmt.Errorf("reads: %s", res.Status)
	}
	return nil
}
