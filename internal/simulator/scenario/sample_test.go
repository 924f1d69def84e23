package scenario

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

const samplePath = "../../../docs/simulator-scenario.yaml"

func loadSample(t *testing.T) *Scenario {
	t.Helper()
	s, err := Load(samplePath)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSampleIsWhole holds the sample against the keys and values that there are.
func TestSampleIsWhole(t *testing.T) {
	b, err := os.ReadFile(samplePath)
	if err != nil {
		t.Fatal(err)
	}
	p := &parser{}
	keys := p.top(new(Scenario))
	keys = append(keys, p.limits(new(Limits))...)
	keys = append(keys, p.ruleKeys(new(Rule))...)
	keys = append(keys, p.receiptKeys(new(simulator.ReceiptChange), new(bool))...)
	for _, k := range keys {
		if !regexp.MustCompile(`\b`+k.name+`: `).Match(b) && k.name != "limits" && k.name != "rules" {
			t.Errorf("the sample lacks %s", k.name)
		}
	}
	for _, fate := range fateNames {
		if !strings.Contains(string(b), "answer: "+fate) {
			t.Errorf("the sample lacks answer: %s", fate)
		}
	}
}

// peer is an ESME in virtual time.
type peer struct {
	t    *testing.T
	send func(smpp.Frame)
	next func() (smpp.Frame, error)
}

// bind connects and binds.
func bind(t *testing.T, pipes *testpeer.Pipes, account string, id pdu.ID) (peer, pdu.Status) {
	t.Helper()
	conn := pipes.Dial()
	in := smpp.NewReader(conn)
	p := peer{t, func(f smpp.Frame) { _, _ = conn.Write(f) }, in.Next}
	p.send(simulator.Bind{ID: id, SystemID: account}.Append(nil, 1))
	f, err := in.Next()
	if err != nil {
		t.Fatal(err)
	}
	return p, f.Status()
}

// came describes what comes, in the order of coming, until nothing comes for a minute.
func (p peer) came() string {
	p.t.Helper()
	start := time.Now()
	frames := make(chan string)
	go func() {
		defer close(frames)
		for {
			f, err := p.next()
			if err != nil {
				return
			}
			frames <- describe(f, time.Since(start))
		}
	}()
	var all []string
	for {
		select {
		case s, ok := <-frames:
			if !ok {
				return strings.Join(append(all, "end"), ", ")
			}
			all = append(all, s)
		case <-time.After(time.Minute):
			return strings.Join(all, ", ")
		}
	}
}

// describe says what f is and when it came.
func describe(f smpp.Frame, after time.Duration) string {
	s := smpp.Command(f.ID())
	if f.Status() != 0 {
		s += " " + smpp.Mnemonic(f.Status())
	}
	if m, err := smpp.ParseMessage(f); f.ID() == pdu.DeliverSMID && err == nil {
		tlvs := m.TLVs()
		s += fmt.Sprintf(" %s %d", regexp.MustCompile(`dlvrd.* stat|stat| text:.*|id:`).ReplaceAllString(string(m.UserData()), ""), tlvs.Rest())
	}
	if after > 0 {
		s += " after " + after.String()
	}
	return s
}

// text is a message to the number that ends so.
func text(to, say string) smpp.Frame {
	return simulator.ShortMessage{
		From: simulator.Number("10690001"), To: simulator.Number("44770090" + to), RegisteredDelivery: 1,
		DataCoding: 1, UserData: []byte(say),
	}.Append(nil, pdu.SubmitSMID, 2)
}

// TestSample sends a message to each number of the sample, and sees what comes of it.
func TestSample(t *testing.T) {
	const usual = "submit_sm_resp, deliver_sm 4A7F01 sub:001 :DELIVRD err:000 16"
	for _, tt := range []struct {
		to, say, want string
	}{
		{"0101", "http://example.com", "submit_sm_resp ESME_RSUBMITFAIL"},
		{"0101", "Hi", usual},
		{"0102", "Hi", "submit_sm_resp ESME_RTHROTTLED"},
		{"0103", "Hi", "submit_sm_resp after 2s, deliver_sm 4A7F01 sub:001 :DELIVRD err:000 16 after 2s"},
		{"0104", "Hi", ""},
		{"0105", "Hi", "deliver_sm 4A7F01 sub:001 :DELIVRD err:000 16"},
		{"0106", "Hi", "end"},
		{"0107", "Hi", "end"},
		{"0108", "Hi", "submit_sm_resp, unbind"},
		{"0109", "Hi", "end"}, // of a peer that reads garbage
		{"0110", "Hi", "submit_sm_resp"},
		{"0111", "Hi", "submit_sm_resp, deliver_sm 4A7F01 sub:001 :DELIVRD err:000 16 after 30s"},
		{"0112", "Hi", "submit_sm_resp, deliver_sm 4A7F01 sub:001 :UNDELIV err:011 16"},
		{"0113", "Hi", "submit_sm_resp, deliver_sm 4882177 sub:001 :DELIVRD err:000 0"},
		{"0114", "Hi", usual + ", deliver_sm 4A7F01 sub:001 :DELIVRD err:000 16"},
	} {
		t.Run(tt.to, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pipes := testpeer.NewPipes()
				smsc := simulator.NewSMSC(simulator.Options{React: loadSample(t).Start(0).React})
				testpeer.Serve(t, "the SMSC", pipes, smsc.Serve)
				p, _ := bind(t, pipes, "bank", 0)
				p.send(text(tt.to, tt.say))
				if got := p.came(); got != tt.want {
					t.Errorf("came\n%s, want\n%s", got, tt.want)
				}
			})
		})
	}
}

// TestSampleBinds has the rules of the sample that are about other requests than messages.
func TestSampleBinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipes := testpeer.NewPipes()
		play := loadSample(t).Start(0)
		smsc := simulator.NewSMSC(simulator.Options{React: play.React})
		testpeer.Serve(t, "the SMSC", pipes, smsc.Serve)
		for i, want := range []pdu.Status{0, smpp.StatusBindFailed, 0} {
			if _, got := bind(t, pipes, "unlucky", pdu.BindTransmitterID); got != want {
				t.Errorf("bind %d: %s, want %s", i, smpp.Mnemonic(got), smpp.Mnemonic(want))
			}
		}
		p, _ := bind(t, pipes, "slow", 0)
		p.send(smpp.AppendHeader(nil, pdu.EnquireLinkID, 0, 2, 0))
		if got, want := p.came(), "enquire_link_resp after 2s"; got != want {
			t.Errorf("came %s, want %s", got, want)
		}
		if got := play.Counts()[1]; got != (Count{"one bind in two fails", 3, 1}) {
			t.Errorf("the rule of the binds was used %+v", got)
		}
	})
}
