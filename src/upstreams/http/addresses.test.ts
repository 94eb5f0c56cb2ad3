import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type AddressKind, carriedV4, isInnerName, kindOf } from './addresses.ts'

const KINDS: Readonly<Record<AddressKind, string>> = {
  public: `8.8.8.8 1.1.1.1 172.15.255.255 172.32.0.1 100.63.255.255 100.128.0.1 192.0.1.1 198.17.255.255 223.255.255.255
    2606:4700:4700::1111 2a00:1450::1 ::ffff:8.8.8.8 ::ffff:808:808 64:ff9b::8.8.8.8 2002:808:808::1`,
  private: `127.0.0.1 127.255.255.254 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 100.64.0.1
    100.127.255.255 ::1 fc00::1 fdff::1 ::ffff:127.0.0.1 ::ffff:7f00:1 64:ff9b::a00:1 2002:c0a8:1:: 2002:7f00:1::`,
  forbidden: `0.0.0.0 0.1.2.3 169.254.169.254 169.254.0.1 100.100.100.200 192.0.0.192 192.0.2.1 198.18.0.1 198.19.255.255
    198.51.100.1 203.0.113.9 192.88.99.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16
    :: fe80::1 fe80::1%eth0 febf::1 fec0::1 ff02::1 fd00:ec2::254 fd00:ec2::23 fd20:ce::254 2001:db8::1 2001::1 3fff::1
    ::ffff:169.254.169.254 ::ffff:a9fe:a9fe 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe:: ::ffff:0.0.0.0 ::169.254.169.254
    ::ffff:0:a9fe:a9fe 64:ff9b:1::a9fe:a9fe 100::1 4000::1 5f00::1 localhost 999.1.1.1`,
}

test('[NEV-40] J01 J02 J05 J06 J07 J08 each address is what it is, in all its forms', () => {
  for (const [kind, addresses] of Object.entries(KINDS))
    for (const address of addresses.split(/\s+/)) assert.equal(kindOf(address), kind, address)
})

test('[NEV-40] J05 J06 an address that carries another one is what that one is', () => {
  const octet = fc.nat(255)
  fc.assert(
    fc.property(octet, octet, octet, octet, (a, b, c, d) => {
      const v4 = [a, b, c, d].join('.')
      const hex = [a * 256 + b, c * 256 + d].map((group) => group.toString(16)).join(':')
      for (const v6 of [`::ffff:${v4}`, `0:0:0:0:0:ffff:${hex}`, `64:ff9b::${hex}`, `2002:${hex}::`]) {
        assert.equal(carriedV4(v6), v4, v6)
        assert.equal(kindOf(v6), kindOf(v4), v6)
      }
    }),
  )
})

test('[NEV-40] names that can be somebody’s own only', () => {
  for (const name of 'localhost localhost. vllm vllm.local a.internal llm.lan nas.home.arpa x.localhost llm.ns.svc llm.ns.svc.cluster.local'.split(
    ' ',
  ))
    assert.ok(isInnerName(name), name)
  for (const name of 'api.example.com example.com. localhost.example.com 127.0.0.1.nip.io svc.example.com'.split(
    ' ',
  ))
    assert.ok(!isInnerName(name), name)
})
