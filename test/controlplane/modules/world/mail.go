package main

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// serveMail takes mail over TLS from those who know the password, which is secret.
func serveMail(l net.Listener, cert, key string) error {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return err
	}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{}, nil }))
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}}
	server.Domain = "smtp.example.com"
	return server.Serve(l)
}

// session is one connection.
type session struct {
	user string
	to   []string
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != "secret" {
			return errors.New("the password is wrong")
		}
		s.user = user
		return nil
	}), nil
}

func (s *session) Mail(string, *smtp.MailOptions) error {
	if s.user == "" {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	body, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return err
	}
	told(entry{"smtp", strings.Join(s.to, ","), string(body), s.user})
	return nil
}

func (s *session) Reset() { s.to = nil }

func (s *session) Logout() error { return nil }
