package relay

import (
	"fmt"
	"strconv"
	"syscall"
	"testing"
	"time"

	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// BenchmarkLedger is the tracked path of a message within the ledger: its number is
// assigned, the SMSC takes it, its record is in the log and in the index.
func BenchmarkLedger(b *testing.B) {
	for _, n := range []int{1, 1000, 100_000} {
		b.Run(fmt.Sprintf("conversations=%d", n), func(b *testing.B) {
			opt := testOptions(b)
			opt.Memory = 256 << 20
			r := start(b, opt)
			benchLedger(b, r, relaytest.Conversations(b, n), 64)
		})
	}
}

func benchLedger(b *testing.B, r *running, all []message.Conversation, inFlight int) {
	free := relaytest.NewCredits(inFlight)
	var id []byte
	l := r.Ledger()
	b.ReportAllocs()
	b.ResetTimer()
	began, cpu := time.Now(), cpuTime(b)
	for i := range b.N {
		<-free
		c := all[i%len(all)]
		s := ledger.Sent{
			Conversation: c, Account: "bank", At: began,
			From: message.Address{TON: 5, Addr: c.Sender}, To: message.Address{TON: 1, NPI: 1, Addr: c.Receiver},
		}
		if err := l.Assign(&s); err != nil {
			b.Fatal(err)
		}
		id = strconv.AppendUint(id[:0], uint64(i)*0x9E3779B97F4A7C15|1<<63, 16) // in no order
		l.Accept(&s, id, free, 0)
	}
	for range inFlight {
		<-free
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "msg/s")
	b.ReportMetric(float64((cpuTime(b)-cpu).Nanoseconds())/1000/float64(b.N), "cpu-µs/msg")
}

// BenchmarkRoute says which account a message_id belongs to, until that is in the index.
func BenchmarkRoute(b *testing.B) {
	r := start(b, testOptions(b))
	free := relaytest.NewCredits(64)
	var id []byte
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		<-free
		id = strconv.AppendInt(append(id[:0], "4A7F"...), int64(i), 16)
		r.Ledger().Route("bank", journal.Place{}, id, free, 0)
	}
	for range 64 {
		<-free
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "routes/s")
}

// BenchmarkRouted looks up what BenchmarkRoute writes.
func BenchmarkRouted(b *testing.B) {
	r := start(b, testOptions(b))
	for i := range 10_000 {
		r.route("bank", strconv.Itoa(i))
	}
	for _, tt := range []struct{ name, id string }{{"known", "5000"}, {"unknown", "none"}} {
		b.Run(tt.name, func(b *testing.B) {
			for b.Loop() {
				r.Ledger().Routed(message.Conversation{}, []byte(tt.id))
			}
		})
	}
}

// cpuTime is what the process has used.
func cpuTime(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkAssign numbers messages of a warm conversation.
func BenchmarkAssign(b *testing.B) {
	r := start(b, testOptions(b))
	all := relaytest.Conversations(b, 1000)
	sent := make([]ledger.Sent, len(all))
	for i := range sent {
		sent[i] = *tracked(all[i])
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s := &sent[i%len(sent)]
		if err := r.Ledger().Assign(s); err != nil {
			b.Fatal(err)
		}
		r.Ledger().Refuse(s)
	}
}
