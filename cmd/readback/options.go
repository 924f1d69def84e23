package main

import (
	"readback/config"
	"readback/internal/gateway"
	"readback/internal/numbering"
	"readback/internal/pool"
	"readback/internal/transport"
	"readback/relay"
	"readback/relay/access"
	"readback/smpp/receipt"
	"readback/udh"
)

// gatewayOptions returns the gateway's part of the configuration.
func gatewayOptions(cfg config.Config) (gateway.Options, error) {
	m := cfg.Track.Marker
	marker, err := udh.NewMarker(m.UCS2, m.GSM7, m.Latin1, m.ASCII)
	if err != nil {
		return gateway.Options{}, config.About("track.marker", "a symbol of the alphabet that it is for, and no digit", err)
	}
	opt := gateway.DefaultOptions()
	opt.Config, opt.SMSC = cfg.Gateway, cfg.SMSC.Addr
	proofs, err := proofsOf(cfg)
	if err != nil {
		return gateway.Options{}, err
	}
	opt.Form = numbering.Form{
		IEI: cfg.Track.IEI, Marker: marker, Default: alphabets[cfg.SMSC.DefaultAlphabet],
		Packed: cfg.SMSC.DefaultAlphabet == "gsm7_packed", WideRef: cfg.Track.Reference == 16, Proofs: proofs,
	}
	opt.IDs = messageIDs(cfg)
	if cfg.SMSC.Mode == "shared" {
		opt.Shared = &pool.Config{
			Addrs: cfg.SMSC.Targets(), SystemID: cfg.SMSC.SystemID, Password: string(cfg.SMSC.Password),
			SystemType: cfg.SMSC.SystemType, Binds: cfg.SMSC.Binds,
		}
	}
	return opt, nil
}

// The values of the configuration as the gateway has them. Package config has checked them.
var (
	alphabets = map[string]udh.Coding{"gsm7": udh.GSM7, "gsm7_packed": udh.GSM7, "latin1": udh.Latin1}
	bases     = map[string]receipt.Base{"as_is": receipt.AsIs, "hex": receipt.Hex, "dec": receipt.Decimal}
)

func messageIDs(cfg config.Config) receipt.IDs {
	return receipt.IDs{
		Response: bases[cfg.SMSC.MessageID.Response], Receipt: bases[cfg.SMSC.MessageID.Receipt],
	}
}

// policies returns the settings of the gateway that may change at run time.
func policies(cfg config.Config) (all gateway.Policies, err error) {
	all.IgnoreCase = cfg.SMSC.SystemIDCase == "ignored"
	all.Accounts = make(map[string]gateway.Account, len(cfg.Accounts))
	if all.Default, err = accountOf(cfg, cfg.Account("")); err != nil {
		return all, err
	}
	for id, a := range cfg.Accounts {
		if all.Accounts[id], err = accountOf(cfg, a); err != nil {
			return all, config.AboutAccount(id, err)
		}
	}
	return all, nil
}

func accountOf(cfg config.Config, a config.Account) (gateway.Account, error) {
	telling, err := deliverOptions(cfg, a)
	to := gateway.Account{
		Policy:       a.Track,
		Limits:       a.Limits,
		PasswordHash: []byte(a.PasswordHash),
		Certificate:  a.Certificate,
		Addresses:    a.Addresses, Senders: a.Senders, MayRead: a.MayRead,
	}
	if len(a.Allow) > 0 {
		to.Allow = transport.Allow(a.Allow).Allows
	}
	to.Feedback = telling
	return to, err
}

// proofsOf returns the proofs by the configuration. They are off without track.proof.
func proofsOf(cfg config.Config) (access.Proofs, error) {
	if !cfg.Track.Proof {
		return access.Proofs{}, nil
	}
	var keys [][]byte
	for _, k := range cfg.Track.ProofSecrets {
		keys = append(keys, []byte(k))
	}
	proofs, err := access.NewProofs(keys...)
	if err != nil {
		return access.Proofs{}, config.About("track.proof_keys", "files with a key of at least 16 octets each", err)
	}
	return proofs, nil
}

// relayOptions returns the relay's part of the configuration.
func relayOptions(cfg config.Config) (relay.Options, error) {
	opt := relay.DefaultOptions()
	var err error
	if opt.Proofs, err = proofsOf(cfg); err != nil {
		return opt, err
	}
	opt.Config = cfg.Relay
	opt.ReadWait = cfg.Gateway.ResponseTimeout
	opt.IDs = messageIDs(cfg)
	return opt, nil
}
