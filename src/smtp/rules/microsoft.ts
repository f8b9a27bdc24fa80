import type { Rule } from '../rule.ts'

/**
 * Exchange, Exchange Online and Outlook.com. A dotted token (`RESOLVER.ADR.RecipientNotFound`) is the most precise
 * part; Exchange Online's own details lie above 100 and mean nothing in the registry.
 */

const source =
  'https://learn.microsoft.com/en-us/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online/non-delivery-reports-in-exchange-online'
const outlook = 'https://sendersupport.olc.protection.outlook.com/pm/troubleshooting.aspx'
const tenants = ['microsoft', 'outlook']

export const microsoftRules = [
  {
    id: 'microsoft.resolver.not-found',
    reason: 'unknown_mailbox',
    says: [
      'resolver adr recipientnotfound|recipnotfound|exrecipnotfound|invalidinternaladdress|badprimary|invalidsmtpaddress',
      'recipientnotfound|recipnotfound|exrecipnotfound',
      'recipient not found by smtp address lookup',
      'adr recipient ~ not found',
      'mapimailboxnotfound|mailboxnotfound|mapiexceptionmailboxnotfound'
    ],
    weight: 'token',
    source,
    examples: [
      '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ada@example.com not found by SMTP address lookup',
      '#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##'
    ]
  },
  {
    id: 'microsoft.5.4.1.edge-blocking',
    reason: 'unknown_mailbox',
    says: [
      'recipient address rejected access denied',
      'recipient address rejected ~ access denied'
    ],
    when: { enhanced: ['4.1', '1.10', '1.1', '1.0'] },
    weight: 'exact',
    source:
      'https://learn.microsoft.com/en-us/exchange/mail-flow-best-practices/use-directory-based-edge-blocking',
    examples: [
      '550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [DB5EUR01FT043.eop-EUR01.prod.protection.outlook.com]',
      '550 5.4.1 [ada@example.com]: Recipient address rejected: Access denied'
    ]
  },
  {
    id: 'microsoft.5.1.10',
    reason: 'unknown_mailbox',
    when: { enhanced: ['1.10'], receiver: tenants },
    weight: 'exact',
    source,
    examples: [
      '550 5.1.10 [DB5EUR01FT043.eop-EUR01.prod.protection.outlook.com]',
      '550 5.1.10 see https://aka.ms/EXOSmtpErrors'
    ]
  },
  {
    id: 'microsoft.quota',
    reason: 'mailbox_full',
    says: [
      'quotaexceeded|quotaexceededexception|storequotaexceeded|mapiexceptionshutoffquotaexceeded|mapiexceptionquotaexceeded',
      'storedrv deliver * quota',
      'shutoffquotaexceeded',
      'mailbox full|quota * storedrv'
    ],
    weight: 'token',
    source,
    examples: [
      '554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded',
      '452 4.2.2 STOREDRV.Deliver; quota exceeded'
    ]
  },
  {
    id: 'microsoft.disabled',
    reason: 'mailbox_disabled',
    says: [
      'accountdisabled|accountdisabledexception|mailboxdisabled|mailboxdisabledexception',
      'resolver * disabled',
      'storedrv deliver * disabled|inactive'
    ],
    weight: 'token',
    source,
    examples: [
      '550 5.2.1 STOREDRV.Deliver.Exception:AccountDisabledException.MapiExceptionNotAuthorized; account disabled',
      '550 5.2.1 STOREDRV.Deliver: mailbox disabled'
    ]
  },
  {
    id: 'microsoft.size',
    reason: 'message_too_large',
    says: [
      'resolver rst recipsizelimit|sendersizelimit|recipsizelimitfororg|sendsizelimit|sizelimit',
      'recipsizelimit|sendersizelimit|sendsizelimit|maxmessagesize',
      'smtpsend ~ size'
    ],
    weight: 'token',
    source,
    examples: [
      '550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient',
      '550 5.3.4 RESOLVER.RST.SendSizeLimit.Sender; message too large for this sender'
    ]
  },
  {
    id: 'microsoft.resolver.restricted',
    reason: 'recipient_block',
    says: [
      'resolver rst authrequired|notauthorized|restricted|restrictedtogrouppermission|senderrestricted|restrictedtosenders',
      'restrictedtogrouppermission|restrictedtorecipientspermission',
      'sender not in allowed senders list',
      'sender not authenticated for group|mailbox',
      'not have permission to send to ~ recipient|distribution|group',
      'storedrv ~ ~ senderblocked|blocked'
    ],
    weight: 'token',
    source,
    examples: [
      '550 5.7.1 RESOLVER.RST.AuthRequired; authentication required',
      '550 5.7.124 RESOLVER.RST.RestrictedToGroupPermission; Sender not in allowed-senders list',
      '550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; sender not authenticated for group'
    ]
  },
  {
    id: 'microsoft.restricted-codes',
    reason: 'recipient_block',
    when: { enhanced: ['7.124', '7.129', '7.133-136'] },
    weight: 'exact',
    source,
    examples: ['550 5.7.124', '550 5.7.133 refused']
  },
  {
    id: 'microsoft.throttled',
    reason: 'rate_limited',
    says: [
      'maximum number of concurrent connections ~ ~ ~ exceeded',
      'concurrent connections per resource forest ~ exceeded',
      'storedrv ~ ~ throttled|threads|thread|concurrent|server busy',
      'server busy try again later from #ip',
      'mailbox delivery throttl',
      'thread limit exceeded',
      'number of concurrent server connections ~ exceeded',
      'host exceeded ~ maximum number of connections',
      'mail from #ip exceeded * maximum number of connections'
    ],
    weight: 'token',
    source,
    examples: [
      '421 4.3.2 The maximum number of concurrent connections per resource forest has exceeded a limit, closing transmission channel',
      '451 4.7.500 Server busy. Please try again later from [192.0.2.22]. (AS77712344)',
      '432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded'
    ]
  },
  {
    id: 'microsoft.throttled-codes',
    reason: 'rate_limited',
    when: { enhanced: ['7.500-508', '7.514', '7.516-649', '7.652-699', '7.850-899'], class: 4 },
    weight: 'exact',
    source,
    examples: ['451 4.7.500 Access denied, please try again later', '451 4.7.850 deferred']
  },
  {
    id: 'microsoft.s-codes',
    reason: 'ip_reputation',
    says: [
      's3140|s3150|s3114|s3115|s3116|s775|s844|s776|s777|s843',
      'sc 001|002|003|004|ou 001|002',
      'ou 001|002',
      'sc 001|002|003|004',
      'part of their network on ~ blocklist',
      'messages from #ip not sent',
      'temporarily rate limited due to ip reputation'
    ],
    weight: 'token',
    source: outlook,
    examples: [
      "550 5.7.1 Unfortunately, messages from [203.0.113.5] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3150).",
      "550 SC-001 (BAY004-MC4F49) Unfortunately, messages from 192.0.2.11 weren't sent.",
      '421 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation. (S775)'
    ]
  },
  {
    id: 'microsoft.banned-ip',
    reason: 'ip_reputation',
    says: ['banned sending ip', 'access denied banned'],
    weight: 'token',
    source,
    examples: [
      '550 5.7.606 Access denied, banned sending IP [192.0.2.1]. To request removal from this list please visit https://sender.office.com/',
      '550 5.7.511 Access denied, banned sender[192.0.2.1]. To request removal forward this message to delist@microsoft.com'
    ]
  },
  {
    id: 'microsoft.banned-ip-codes',
    reason: 'ip_reputation',
    when: { enhanced: ['7.606-649', '7.511', '7.513'], class: 5 },
    weight: 'exact',
    source,
    examples: ['550 5.7.606', '550 5.7.513 Service unavailable']
  },
  {
    id: 'microsoft.reputation-deferral',
    reason: 'ip_reputation',
    when: { enhanced: ['7.650-651'] },
    weight: 'exact',
    source: outlook,
    examples: ['421 4.7.650 deferred', '451 4.7.651 the mail server is limited']
  },
  {
    id: 'microsoft.helo-domain-listed',
    reason: 'domain_reputation',
    says: [
      'client host|helo|domain ~ ~ ~ domain ~ ~ blocked using spamhaus',
      'helo ~ ~ blocked using spamhaus',
      'domain ~ ~ blocked using spamhaus'
    ],
    weight: 'token',
    source,
    examples: [
      '550 5.7.1 Service unavailable, Helo domain [mail.example.com] blocked using Spamhaus. To request removal from this list see https://www.spamhaus.org/lookup.lasso (AS8560)',
      '550 5.7.1 Service unavailable, MailFrom domain [example.com] blocked using Spamhaus.'
    ]
  },
  {
    id: 'microsoft.authentication',
    reason: 'auth_failure',
    says: [
      'sending domain * not pass dmarc',
      'sending domain * required authentication level',
      'access denied sending domain * authentication',
      'lacks|not meet ~ required authentication'
    ],
    weight: 'token',
    source,
    examples: [
      '550 5.7.509 Access denied, sending domain example.com does not pass DMARC verification and has a DMARC policy of reject.',
      '550 5.7.515 Access denied, sending domain example.com does not meet the required authentication level.'
    ]
  },
  {
    id: 'microsoft.authentication-codes',
    reason: 'auth_failure',
    when: { enhanced: ['7.509', '7.515', '7.510'], class: 5 },
    weight: 'exact',
    source,
    examples: ['550 5.7.509', '550 5.7.515 Access denied']
  },
  {
    id: 'microsoft.form',
    reason: 'content_rejected',
    when: { enhanced: ['7.512'] },
    weight: 'exact',
    source,
    examples: [
      '550 5.7.512 Access denied, message must be RFC 5322 section 3.6.2 compliant',
      '550 5.7.512'
    ]
  },
  {
    id: 'microsoft.login',
    reason: 'auth_required',
    says: [
      'client not authenticated to send ~ mail|anonymous',
      'smtp client not authenticated',
      'smtpclientauthentication disabled',
      'authentication unsuccessful'
    ],
    weight: 'token',
    source,
    examples: [
      '530 5.7.57 Client not authenticated to send mail. Error: 535 5.7.3 Authentication unsuccessful',
      '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.'
    ]
  },
  {
    id: 'microsoft.login-codes',
    reason: 'auth_required',
    when: { enhanced: ['7.57', '7.139', '7.61', '7.3'], class: 5 },
    weight: 'plain',
    source,
    examples: ['550 5.7.57 SMTP;', '535 5.7.139']
  },
  {
    id: 'microsoft.send-as',
    reason: 'sender_rejected',
    says: [
      'client not have permissions to send as sender',
      'sendasdenied',
      'not have permission to send on behalf|as'
    ],
    weight: 'token',
    source,
    examples: [
      '550 5.7.60 SMTP; Client does not have permissions to send as this sender.',
      '554 5.2.252 SendAsDenied; ada@example.com not allowed to send as ben@example.com'
    ]
  },
  {
    id: 'microsoft.sender-tenant',
    reason: 'sender_rejected',
    says: [
      'traffic not accepted from ip|tenant',
      'tenant ~ exceeded ~ threshold|limit',
      'tenant ~ ~ blocked|restricted|throttled',
      'sender ~ tenant ~ exceeded',
      'bad outbound sender',
      'your message not delivered because you not recognized as valid sender'
    ],
    weight: 'token',
    source,
    examples: [
      '550 5.7.705 Access denied, tenant has exceeded threshold',
      '550 5.1.8 Access denied, bad outbound sender'
    ]
  },
  {
    id: 'microsoft.sender-tenant-codes',
    reason: 'sender_rejected',
    when: { enhanced: ['7.700-750', '7.62-63', '7.501-503', '7.508'], class: 5 },
    weight: 'exact',
    source,
    examples: ['550 5.7.708 Access denied', '550 5.7.750 Service unavailable']
  },
  {
    id: 'microsoft.relay',
    reason: 'relay_denied',
    says: ['tenantattribution relay access denied', 'tenantattribution', 'unable to relay'],
    weight: 'token',
    source,
    examples: [
      '550 5.7.64 TenantAttribution; Relay Access Denied SMTP',
      '550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain'
    ]
  },
  {
    id: 'microsoft.forwarding',
    reason: 'policy',
    says: ['organization not allow external forwarding', 'not allow ~ forwarding'],
    weight: 'token',
    source,
    examples: [
      '550 5.7.520 Access denied, Your organization does not allow external forwarding. Please contact your administrator for further assistance. AS(7555)',
      '550 5.7.520 this organization does not allow forwarding'
    ]
  },
  {
    id: 'microsoft.transport-rule',
    reason: 'policy',
    says: ['transport rules rejectmessage', 'transport rules', 'rejected by organization policy'],
    weight: 'token',
    source,
    examples: [
      '550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy',
      '550 5.7.1 TRANSPORT.RULES; rejected'
    ]
  },
  {
    id: 'microsoft.loop',
    reason: 'routing_loop',
    says: [
      'resolver fwd loop',
      'hop count exceeded ** attr34|attr35|attr36',
      'loopingtarget',
      'attr34 ** loop'
    ],
    weight: 'token',
    source,
    examples: [
      '554 5.4.14 Hop count exceeded - possible mail loop ATTR34 [DB5EUR03FT013.eop-EUR03.prod.protection.outlook.com]',
      '550 5.4.6 RESOLVER.FWD.Loop; there is a forwarding loop configured in the directory'
    ]
  },
  {
    id: 'microsoft.loop-codes',
    reason: 'routing_loop',
    when: { enhanced: ['4.14'] },
    weight: 'exact',
    source,
    examples: ['554 5.4.14', '550 5.4.14 refused']
  },
  {
    id: 'microsoft.expired-codes',
    reason: 'expired',
    says: ['message expired', 'queue expired', 'queue messageexpired|expired'],
    when: { enhanced: ['4.300', '4.7', '4.317'] },
    weight: 'exact',
    source,
    examples: ['550 5.4.300 Message expired', '550 4.4.7 QUEUE.Expired; message expired']
  },
  {
    id: 'microsoft.dns-codes',
    reason: 'domain_not_found',
    says: ['dns domain|query * not_exist|failed', 'dns ~ nonexistent|nxdomain', 'dns domain'],
    when: { enhanced: ['4.310-312'] },
    weight: 'exact',
    source,
    examples: [
      '550 5.4.310 DNS domain nowhere.example does not exist [Message=InfoDomainNonexistent]',
      '450 4.4.312 DNS query failed'
    ]
  },
  {
    id: 'microsoft.tls-codes',
    reason: 'tls_required',
    when: { enhanced: ['7.320-325', '7.51'] },
    weight: 'exact',
    source,
    examples: ['450 4.7.321 starting failed', '550 5.7.323 invalid chain']
  },
  {
    id: 'outlook.mailbox-unavailable',
    reason: 'unknown_mailbox',
    says: ['requested action not taken mailbox unavailable'],
    when: { enhanced: ['5.0'] },
    weight: 'exact',
    source: outlook,
    examples: [
      '550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).',
      '550 5.5.0 Requested action not taken: mailbox unavailable. [BL2NAM02FT013.eop-nam02.prod.protection.outlook.com]'
    ]
  },
  {
    id: 'microsoft.connection-codes',
    reason: 'network_error',
    when: { enhanced: ['4.316', '4.318'] },
    weight: 'exact',
    source,
    examples: [
      '450 4.4.316 Connection refused [Message=Socket error code 10061]',
      '450 4.4.318 Connection was closed abruptly (SuspiciousRemoteServerError)'
    ]
  },
  {
    id: 'microsoft.regions',
    reason: 'system_error',
    says: ['recipients belong to multiple ~ regions'],
    weight: 'token',
    source,
    examples: [
      '452 4.5.3 Recipients belong to multiple regions ATTR38',
      '452 4.5.3 Recipients belong to multiple regions ATTR38 [DB5EUR01FT043.eop-EUR01.prod.protection.outlook.com]'
    ]
  },
  {
    id: 'microsoft.queue-quota',
    reason: 'system_error',
    says: ['organization queue quota exceeded', 'insufficient system resources'],
    weight: 'token',
    source,
    examples: [
      '450 4.7.3 Organization queue quota exceeded. [HE1EUR04FT046.eop-eur04.prod.protection.outlook.com]',
      '452 4.3.1 Insufficient system resources'
    ]
  },
  {
    id: 'outlook.content',
    reason: 'spam_content',
    says: ['rejected ~ ~ content ~ policy ~ ~ ^mail ^live', 'message content rejected'],
    weight: 'exact',
    source: outlook,
    examples: [
      '550 5.7.1 message content rejected',
      '554 5.6.0 Message content rejected due to bulk'
    ]
  }
] as const satisfies readonly Rule[]
