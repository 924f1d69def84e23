package statistics

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"readback/internal/metric"
	"readback/relay/index"
	"readback/relay/message"
)

func moved(account string, to message.Change, took time.Duration) index.Moved {
	return index.Moved{Account: []byte(account), To: to, Took: took}
}

// Messages are counted by account and state, in the metrics too, of which all exist from the start.
func TestCounters(t *testing.T) {
	reg := prometheus.NewRegistry()
	c := NewCounters(metric.With(reg))
	c.Applied(&index.Result{})
	c.Applied(&index.Result{Moved: []index.Moved{
		moved("bank", "delivered", 0), moved("bank", "read", 90*time.Second), moved("bank", message.ChangeReported, 0),
		moved("bank", message.ChangeNotRead, 0), moved("b\xe4nk", "failed", 0), moved("bank", "delivered", 0),
	}})
	c.Applied(&index.Result{Moved: []index.Moved{moved("bank", "expired", 0), moved("bank", "deleted_unread", 0)}})
	for _, a := range c.Accounts() {
		want := Account{Name: "bank", Delivered: 2, Read: 1, Reported: 1, Expired: 1, DeletedUnread: 1, Times: a.Times}
		if a.Name == "bänk" {
			want = Account{Name: a.Name, Failed: 1}
		}
		if a != want {
			t.Errorf("got %+v, want %+v", a, want)
		}
	}
	const want = `# HELP readback_messages_total Numbered messages that reached a state, by account and state.
# TYPE readback_messages_total counter
readback_messages_total{account="bank",state="deleted_unread"} 1
readback_messages_total{account="bank",state="delivered"} 2
readback_messages_total{account="bank",state="expired"} 1
readback_messages_total{account="bank",state="read"} 1
readback_messages_total{account="bank",state="reported"} 1
readback_messages_total{account="bänk",state="failed"} 1
readback_messages_total{account="other",state="deleted_unread"} 0
readback_messages_total{account="other",state="delivered"} 0
readback_messages_total{account="other",state="expired"} 0
readback_messages_total{account="other",state="failed"} 0
readback_messages_total{account="other",state="read"} 0
readback_messages_total{account="other",state="reported"} 0
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "readback_messages_total"); err != nil {
		t.Error(err)
	}
	if families, err := reg.Gather(); err != nil || families[1].GetMetric()[0].GetHistogram().GetSampleSum() != 90 {
		t.Errorf("time to read: got %v, %v; want 90 s", families, err)
	}
}

// There are only so many accounts, because in mirror mode the SMSC says who is one.
func TestAccountsBounded(t *testing.T) {
	c := NewCounters(metric.With(nil))
	for n := range maxAccounts + 5 {
		c.Applied(&index.Result{Moved: []index.Moved{moved(fmt.Sprint(n), "delivered", 0)}})
	}
	all := c.Accounts()
	if len(all) != maxAccounts+1 {
		t.Errorf("got %d accounts, want %d and the others", len(all), maxAccounts)
	}
	for _, a := range all {
		if want := map[bool]uint64{true: 5, false: 1}[a.Name == others]; a.Delivered != want {
			t.Errorf("%s: got %d, want %d", a.Name, a.Delivered, want)
		}
	}
}

// To count the messages of an account that is known costs no memory.
func TestAppliedAllocates(t *testing.T) {
	c := NewCounters(metric.With(nil))
	res := index.Result{Moved: []index.Moved{moved("bank", "delivered", 0), moved("bank", "read", time.Minute)}}
	c.Applied(&res)
	if n := testing.AllocsPerRun(100, func() { c.Applied(&res) }); n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}

func TestQuantile(t *testing.T) {
	const most = 168 * time.Hour
	for _, tt := range []struct {
		name        string
		times       []time.Duration
		median, p90 time.Duration
	}{
		{"one", []time.Duration{15 * time.Second}, 15 * time.Second, 19 * time.Second},
		{"at a bound", []time.Duration{time.Minute, time.Minute}, 45 * time.Second, 57 * time.Second},
		{"spread", []time.Duration{0, 3 * time.Second, 3 * time.Second, 50 * time.Minute}, 3500 * time.Millisecond, 48 * time.Minute},
		{"beyond the last", []time.Duration{most + 1, most + 2}, most, most},
	} {
		var times Times
		for _, d := range tt.times {
			times.add(d)
		}
		median, ok := times.Quantile(0.5)
		p90, _ := times.Quantile(0.9)
		if !ok || median.Round(time.Millisecond) != tt.median || p90.Round(time.Millisecond) != tt.p90 {
			t.Errorf("%s: got %v and %v, want %v and %v", tt.name, median, p90, tt.median, tt.p90)
		}
	}
	if _, ok := new(Times).Quantile(0.5); ok {
		t.Error("of nothing: got a time")
	}
}
