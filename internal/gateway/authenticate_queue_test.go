package gateway

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// busy has others take all the turns; free gives one back.
func busy(t *testing.T, a *authenticator) (free func()) {
	t.Helper()
	var ends []func()
	for range 2 {
		end, err := a.turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, end)
	}
	return func() { ends[0]() }
}

// Binds whose password is to be checked have their turn in the order in which they came.
func TestAuthenticateInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, entered := newAuthenticator(0), make(chan int)
		free := busy(t, a)
		const n = 10
		for i := range n {
			go func() {
				if _, err := a.turn(t.Context()); err != nil {
					t.Errorf("bind %d: %v", i, err)
				}
				entered <- i
			}()
			synctest.Wait()
		}
		for want := range n {
			free()
			if got := <-entered; got != want {
				t.Errorf("got the turn of bind %d, want of %d", got, want)
			}
		}
	})
}

// Sessions of one account that come at once are checked once: it is seen again when it is their turn.
func TestAuthenticateOnceForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newAuthenticator(0), claim("bank", "secret")
		noHash := []byte("which nothing matches")
		free, got := busy(t, a), make(chan error, 1)
		go func() { got <- a.matches(t.Context(), b, noHash) }()
		synctest.Wait()
		a.mu.Lock()
		a.passed[a.key(b, noHash)] = struct{}{}
		a.mu.Unlock()
		free()
		if err := <-got; err != nil {
			t.Errorf("got %v, want what the other session had", err)
		}
	})
}

// An ESME that leaves while it waits gives up its turn, and its address has done nothing wrong.
func TestAuthenticateLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthenticator(0)
		free := busy(t, a)
		leaving := func(ctx context.Context, wait func(context.Context)) {
			ctx, leave := context.WithCancel(ctx)
			time.AfterFunc(time.Second, leave)
			wait(ctx)
		}
		begin := time.Now()
		if err := a.check(t.Context(), leaving, "192.0.2.1", claim("bank", "wrong"), secretHash()); err != errLeft {
			t.Errorf("got %v, want %v", err, errLeft)
		}
		if took := time.Since(begin); took != time.Second {
			t.Errorf("it takes %v, want %v", took, time.Second)
		}
		if len(a.failing) > 0 {
			t.Errorf("failing: %v, want none", a.failing)
		}
		free()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for range 100 { // either may be seen first
			if err := a.matches(gone, claim("bank", "secret"), secretHash()); err != errLeft {
				t.Fatalf("gone before its turn: got %v, want %v", err, errLeft)
			}
		}
		if used := len(a.working); used != cap(a.working)-1 {
			t.Errorf("%d turns are taken, want %d", used, cap(a.working)-1)
		}
	})
}

// queueing is a link whose ESME has sent a bind, while the check of passwords is busy.
func queueing(t *testing.T, account string) (g *Gateway, esme *peer, free func(), ended chan struct{}) {
	t.Helper()
	opt := DefaultOptions()
	opt.Shared = &Shared{Addrs: []string{"smsc:1"}, Binds: 1}
	opt.Policies.Accounts = map[string]Account{"bank": {PasswordHash: secretHash()}}
	g, err := New(opt, fakeLedger{}, fakeDeliverer{})
	if err != nil {
		t.Fatal(err)
	}
	smsc, _ := net.Pipe()
	session := g.newSMSCSession(smsc, nil)
	session.SetState(smpp.BoundTRX)
	g.pool.slots[0].set(session)
	near, far := net.Pipe()
	free, ended = busy(t, g.authenticator), make(chan struct{})
	go func() {
		newLink(g, addressed{near}).run(t.Context())
		close(ended)
	}()
	esme = newPeer(t, far)
	_ = far.SetDeadline(time.Time{})
	esme.send(simulator.Bind{SystemID: account, Password: "secret"}.Append(nil, 1))
	return g, esme, free, ended
}

// addressed is a pipe with an address that binds may come from.
type addressed struct{ net.Conn }

func (addressed) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1} }

// An honest ESME that waits for its turn longer than it has to bind is let in all the same.
func TestBindHereOutlastsSessionInit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, esme, free, ended := queueing(t, "bank")
		time.Sleep(checkWait - time.Second)
		free()
		f := esme.next("bind_resp")
		if f.ID() != pdu.BindTransceiverRespID || f.Status() != smpp.StatusOK {
			t.Errorf("got % x, want ESME_ROK", []byte(f))
		}
		_ = esme.conn.Close()
		<-ended
	})
}

// A bind that does not get its turn in time is refused for now, whether there is such an account or not.
func TestBindHereBusy(t *testing.T) {
	for _, account := range []string{"bank", "nobody"} {
		synctest.Test(t, func(t *testing.T) {
			g, esme, free, ended := queueing(t, account)
			begin := time.Now()
			esme.want("bind_resp", frame(pdu.BindTransceiverRespID, smpp.StatusSysErr, 1, ""))
			if took := time.Since(begin); took != checkWait {
				t.Errorf("%s: refused after %v, want %v", account, took, checkWait)
			}
			free()
			free()
			esme.wantEnd() // it has no more time to bind than others
			if took := time.Since(begin); took != checkWait+g.opt.SessionInit {
				t.Errorf("%s: dropped after %v, want %v", account, took, checkWait+g.opt.SessionInit)
			}
			<-ended
		})
	}
}

// An ESME that leaves while it waits for its turn holds no place.
func TestBindHereLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, esme, _, ended := queueing(t, "bank")
		time.Sleep(time.Second)
		_ = esme.conn.Close()
		begin := time.Now()
		<-ended
		if took := time.Since(begin); took > time.Second {
			t.Errorf("the link goes on for %v", took)
		}
	})
}
