package relay

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"readback/relay/message"
)

// gatekeeper decides who may use the embedded server, and what for. The process itself shows a
// secret of its own, and NATS clients on loopback (Options.Listen) may do everything.
// Handsets and app backends, who come by MQTT or WebSocket, show what Options.Auth asks
// for, and may send read responses and hear the verdicts on them: nothing else.
type gatekeeper struct {
	// Static after construction.
	secret  string // of the process
	callers *Callers
	most    int // connections
	relay   *Relay
	server  atomic.Pointer[server.Server]

	// Closed when what is acknowledged to a client is kept; before that none is let in.
	opened chan struct{}
	open   sync.Once
}

// The user name of the process's own connection, and the kind that the server calls
// plain NATS clients and those of MQTT.
const (
	ownUser  = "readback"
	typeNATS = "nats"
	typeMQTT = "mqtt"
)

var (
	errStartingUp  = errors.New("not ready to take read responses")
	errTooMany     = errors.New("too many clients")
	errOtherNumber = errors.New("user name is not the credential's number")
	errNoNumber    = errors.New("credential is not of a number")
)

func newGatekeeper(r *Relay) *gatekeeper {
	return &gatekeeper{opened: make(chan struct{}), secret: rand.Text(), callers: r.callers, most: r.opt.MaxClients, relay: r}
}

func (g *gatekeeper) isOpen() bool {
	select {
	case <-g.opened:
		return true
	default:
		return false
	}
}

// own is how the process connects.
func (g *gatekeeper) own() nats.Option { return nats.UserInfo(ownUser, g.secret) }

// Check is called by the server when a client has said who it is.
func (g *gatekeeper) Check(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	if o.Username == ownUser && subtle.ConstantTimeCompare([]byte(o.Password), []byte(g.secret)) == 1 {
		return true
	}
	kind := g.kindOf(c.GetID())
	if kind == typeNATS {
		return true
	}
	user, err := g.admit(kind, o.Username, g.credential(c))
	if err != nil {
		g.relay.metrics.clientsRefused.Inc()
		g.relay.strangers.say("client refused", "way", kind, "remote", c.RemoteAddress().String(),
			"user", g.relay.mask(o.Username), "reason", err)
		return false
	}
	c.RegisterUser(user)
	return true
}

// kindOf asks the server how a client came.
func (g *gatekeeper) kindOf(id uint64) string {
	list, err := g.server.Load().Connz(&server.ConnzOptions{CID: id})
	if err != nil || len(list.Conns) != 1 {
		return "unknown"
	}
	return list.Conns[0].Type
}

// credential is what a client shows: the password of MQTT, or that or the token of NATS, and
// its certificate if the listener asks for one.
func (g *gatekeeper) credential(c server.ClientAuthentication) Credential {
	o := c.GetOpts()
	cred := Credential{Token: cmp.Or(o.Password, o.Token)}
	if s := c.GetTLSConnectionState(); s != nil && len(s.PeerCertificates) > 0 {
		cred.Certificate = s.PeerCertificates[0] // the listener has verified it
	}
	return cred
}

// admit tells what a client may do.
func (g *gatekeeper) admit(kind, name string, cred Credential) (*server.User, error) {
	switch {
	case !g.isOpen():
		return nil, errStartingUp
	case g.server.Load().NumClients() > g.most+1: // and the process itself
		return nil, errTooMany
	}
	by, err := g.callers.Identify(cred, time.Now())
	switch {
	case err != nil:
		return nil, err
	case by.NeedsProof && !g.callers.IsOpenToAll():
		return nil, cmp.Or(by.Refused, ErrNoCredential)
	}
	if !message.AllDigits(by.Receiver.Bytes()) { // it becomes part of subjects, where some characters stand for any
		return nil, errNoNumber
	}
	if name != "" && !by.Receiver.IsZero() {
		if a, err := message.NormalAddr(name); err != nil || a != by.Receiver {
			return nil, errOtherNumber
		}
	}
	return &server.User{Permissions: permissions(kind, &by), ConnectionDeadline: deadlineOf(cred.Token, time.Now())}, nil
}

// deadlineOf is when a client has to show its credential again: when its token expires, or
// after a day, since keys are taken away.
func deadlineOf(token string, now time.Time) time.Time {
	until := now.Add(clientStay)
	if parts := strings.Split(token, "."); len(parts) == 3 { // JWS compact (RFC 7515 §7.1), and verified
		var claims struct {
			Exp float64 `json:"exp"`
		}
		body, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err == nil && json.Unmarshal(body, &claims) == nil && claims.Exp > 0 && claims.Exp < float64(until.Unix()) {
			until = time.Unix(int64(claims.Exp), 0)
		}
	}
	return until
}

// permissions of a client. An inbox of its own, for requests, stands below the subject of
// its verdicts.
func permissions(kind string, by *Caller) *server.Permissions {
	publish := &server.SubjectPermission{Allow: []string{subjectReadsOf + "*"}, Deny: []string{subjectReadsNow}}
	// MQTT's readback/verdicts/# has the level above in it.
	subscribe := &server.SubjectPermission{Allow: []string{subjectVerdictsOf + ">", strings.TrimSuffix(subjectVerdictsOf, ".")}}
	switch {
	case !by.Receiver.IsZero():
		receiver := by.Receiver.String()
		publish = &server.SubjectPermission{Allow: []string{subjectReadsOf + receiver}}
		subscribe.Allow = []string{subjectVerdictsOf + receiver, subjectVerdictsOf + receiver + ".>"}
	case by.NeedsProof: // anybody: who reads when is not for everyone to hear
		subscribe = &server.SubjectPermission{Deny: []string{">"}}
	}
	if kind == typeMQTT && subscribe.Allow != nil { // the server subscribes in its name; the client itself cannot
		subscribe.Allow = append(subscribe.Allow, "$MQTT.sub.>", "$MQTT.deliver.pubrel.>")
	}
	return &server.Permissions{Publish: publish, Subscribe: subscribe}
}

// watch cuts off clients that subscribe again and again, which the server bounds for all
// clients alike or not at all.
func (g *gatekeeper) watch(ctx context.Context) {
	look := time.NewTicker(clientLook)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			g.cutOff()
		}
	}
}

// dismiss has all clients show their credentials again: other ones are asked for now.
func (g *gatekeeper) dismiss() {
	list, err := g.server.Load().Connz(&server.ConnzOptions{Limit: g.most + clientSpare})
	if err != nil {
		return // it is stopping
	}
	for _, c := range list.Conns {
		if c.Type != typeNATS {
			_ = g.server.Load().DisconnectClientByID(c.Cid) // it has gone already
		}
	}
}

// cutOff looks at those with the most subscriptions.
func (g *gatekeeper) cutOff() {
	list, err := g.server.Load().Connz(&server.ConnzOptions{Sort: server.BySubs, Limit: 100})
	if err != nil {
		return // it is stopping
	}
	for _, c := range list.Conns {
		if c.Type == typeNATS || c.NumSubs <= clientSubs {
			continue
		}
		g.relay.metrics.clientsDenied.WithLabelValues("subscription").Inc()
		g.relay.log.Warn("client cut off", "way", c.Type, "remote", c.IP, "subscriptions", c.NumSubs)
		_ = g.server.Load().DisconnectClientByID(c.Cid) // it has gone already
	}
}
