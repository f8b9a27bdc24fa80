import type { Rule } from '../rule.ts'

/** Replies in other languages than English; words are read without their accents. */

const source = 'https://www.rfc-editor.org/rfc/rfc6531#section-3.5'
const yandex = 'https://yandex.ru/support/mail/'

export const languageRules = [
  {
    id: 'german.unknown',
    reason: 'unknown_mailbox',
    says: [
      'empfanger|benutzer|adresse|postfach|konto|mailadresse|account|empfangeradresse ~ ~ unbekannt|existiert|nicht',
      'unbekannter|unbekannte|ungultiger|unbekanntes ~ empfanger|benutzer|adresse|postfach',
      'existiert nicht',
      'nicht bekannt|vorhanden|gefunden',
      'kein ~ postfach|benutzer|empfanger'
    ],
    unless: ['domain|host', 'absender', 'nicht erlaubt|verfugbar|erreichbar', 'spam'],
    weight: 'clear',
    source,
    examples: ['550 Empfänger unbekannt', '550 5.1.1 Dieses Postfach existiert nicht']
  },
  {
    id: 'german.full',
    reason: 'mailbox_full',
    says: [
      'postfach|mailbox|konto|speicher ~ ~ ~ voll|uberfullt|uberschritten|erschopft',
      'speicherplatz ~ ~ uberschritten|erschopft|voll',
      'quota ~ uberschritten',
      'kein speicherplatz'
    ],
    weight: 'clear',
    source,
    examples: ['552 Das Postfach des Empfängers ist voll', '452 Speicherplatz überschritten']
  },
  {
    id: 'german.disabled',
    reason: 'mailbox_disabled',
    says: [
      'postfach|konto|benutzer|adresse|account ~ ~ gesperrt|deaktiviert|geschlossen|inaktiv|geloscht|stillgelegt|gekundigt'
    ],
    weight: 'clear',
    source,
    examples: ['550 Das Konto ist gesperrt', '550 5.2.1 Postfach deaktiviert']
  },
  {
    id: 'german.spam',
    reason: 'spam_content',
    says: [
      'als spam ~ ~ eingestuft|erkannt|abgelehnt|klassifiziert',
      'nachricht ~ ~ spam',
      'spamverdacht',
      'unerwunschte ~ werbung|mail|nachricht'
    ],
    weight: 'clear',
    source,
    examples: ['550 Nachricht als Spam eingestuft', '554 wegen Spamverdacht abgelehnt']
  },
  {
    id: 'german.blocked',
    reason: 'ip_reputation',
    says: ['ip|#ip|server|mailserver ~ ~ ~ gesperrt|blockiert|abgelehnt', 'sperrliste'],
    weight: 'clear',
    source,
    examples: ['554 Ihre IP-Adresse ist gesperrt', '554 Der Server steht auf einer Sperrliste']
  },
  {
    id: 'german.temporary',
    reason: 'system_error',
    says: [
      'vorubergehend|zurzeit|momentan|derzeit ~ ~ ~ nicht|verfugbar|fehler|uberlastet',
      'versuchen ~ ~ ~ spater|erneut',
      'spater ~ ~ erneut|nochmals|versuchen',
      'interner fehler'
    ],
    weight: 'plain',
    source,
    examples: [
      '451 Dienst vorübergehend nicht verfügbar',
      '450 Bitte versuchen Sie es später erneut'
    ]
  },
  {
    id: 'german.size',
    reason: 'message_too_large',
    says: [
      'nachricht|mail|anhang ~ ~ ~ gross|grosse|uberschreitet',
      'zu gross',
      'maximale ~ grosse'
    ],
    weight: 'clear',
    source,
    examples: ['552 Die Nachricht ist zu groß', '552 maximale Größe überschritten']
  },
  {
    id: 'french.unknown',
    reason: 'unknown_mailbox',
    says: [
      'destinataire|utilisateur|adresse|boite|compte ~ ~ ~ inconnu|inconnue|inexistant|inexistante|invalide|existe|introuvable',
      'aucun ~ utilisateur|compte|destinataire',
      'existe|nexiste pas|plus',
      'utilisateur inconnu'
    ],
    unless: ['domaine', 'expediteur', 'syntaxe', '^ofr204|ofr|ofr204|ofr006|ofr005'],
    weight: 'plain',
    source,
    examples: ['550 Utilisateur inconnu', "550 5.1.1 Cette adresse n'existe pas"]
  },
  {
    id: 'french.full',
    reason: 'mailbox_full',
    says: [
      'boite|messagerie|compte ~ ~ ~ pleine|plein|saturee|sature',
      'quota ~ ~ depasse|atteint',
      'espace ~ ~ insuffisant|depasse'
    ],
    weight: 'clear',
    source,
    examples: ['552 La boîte aux lettres est pleine', '452 quota de la boîte dépassé']
  },
  {
    id: 'french.disabled',
    reason: 'mailbox_disabled',
    says: [
      'compte|boite|adresse|utilisateur ~ ~ ~ archivee|desactive|desactivee|suspendu|suspendue|ferme|fermee|bloque|resilie|inactif|inactive|cloture|supprime|supprimee'
    ],
    weight: 'clear',
    source,
    examples: ['550 Compte désactivé', '550 5.2.1 Cette boîte est fermée']
  },
  {
    id: 'french.spam',
    reason: 'spam_content',
    says: [
      'message|courrier|mail ~ ~ ~ indesirable|pourriel',
      'considere|identifie|detecte comme ~ ~ spam|indesirable',
      'detecte spam'
    ],
    weight: 'clear',
    source,
    examples: ['550 Message identifié comme spam', '554 courrier indésirable refusé']
  },
  {
    id: 'french.temporary',
    reason: 'system_error',
    says: [
      'service ~ ~ indisponible',
      'momentanement|temporairement ~ ~ indisponible|refuse|impossible',
      'veuillez ~ ~ reessayer|essayer ~ plus tard',
      'reessayer|essayer ~ plus tard',
      'erreur ~ interne|temporaire|systeme'
    ],
    weight: 'plain',
    source,
    examples: [
      '421 Service momentanément indisponible',
      '451 erreur interne, veuillez réessayer plus tard'
    ]
  },
  {
    id: 'spanish.unknown',
    reason: 'unknown_mailbox',
    says: [
      'usuario|destinatario|direccion|cuenta|buzon|casilla ~ ~ ~ desconocido|desconocida|inexistente|existe|invalido|invalida|encontrado|encontrada|valido',
      'no existe ~ ~ usuario|destinatario|direccion|cuenta|buzon|casilla',
      'no existe',
      'usuario desconocido',
      'usuari|compte|bustia ~ ~ desconegut|existeix|inexistent'
    ],
    unless: ['dominio', 'remitente', 'suspendida|expirado'],
    weight: 'clear',
    source,
    examples: ['550 El usuario no existe', '550 5.1.1 Usuario desconocido']
  },
  {
    id: 'spanish.full',
    reason: 'mailbox_full',
    says: [
      'buzon|casilla|cuenta ~ ~ ~ lleno|llena|excedido|completo',
      'cuota ~ ~ excedida|superada',
      'espacio ~ ~ insuficiente|excedido',
      'bustia ~ plena',
      'sin espacio'
    ],
    weight: 'clear',
    source,
    examples: ['552 El buzón está lleno', '452 cuota excedida']
  },
  {
    id: 'spanish.disabled',
    reason: 'mailbox_disabled',
    says: [
      'cuenta|casilla|buzon|usuario|direccion ~ ~ ~ deshabilitada|deshabilitado|suspendida|suspendido|bloqueada|bloqueado|inactiva|inactivo|cancelada|cerrada|expirado|expirada|desactivada|desactivado|dada|eliminada',
      'falta de uso'
    ],
    weight: 'clear',
    source,
    examples: ['550 La cuenta está suspendida', '550 Esta casilla ha expirado por falta de uso']
  },
  {
    id: 'spanish.relay',
    reason: 'relay_denied',
    says: [
      'relay|retransmision|reenvio ~ ~ denegado|denegada|permitido|prohibido|negado|negada',
      'retransmissao negada|nao',
      'encaminhamento negado|nao'
    ],
    weight: 'clear',
    source,
    examples: ['550 Relay denegado', '550 nome@exemplo.example... Retransmissão Negada']
  },
  {
    id: 'spanish.spam',
    reason: 'spam_content',
    says: [
      'mensaje|correo ~ ~ ~ spam|deseado',
      'correo no deseado',
      'mensagem|email ~ ~ ~ spam',
      'considerado|detectado como ~ spam'
    ],
    weight: 'clear',
    source,
    examples: ['554 Mensaje rechazado: spam', '550 correo no deseado']
  },
  {
    id: 'spanish.temporary',
    reason: 'system_error',
    says: [
      'servidor|servicio ~ ~ ~ indisponivel|disponible|ocupado|temporariamente',
      'temporariamente|temporalmente ~ ~ indisponivel|disponible|fuera',
      'tente|intente|intentelo ~ ~ ~ tarde',
      'mais|mas tarde',
      'error ~ interno|temporal',
      'erro ~ interno|temporario'
    ],
    weight: 'plain',
    source,
    examples: ['421 Servidor temporariamente indisponível', '451 Inténtelo más tarde']
  },
  {
    id: 'portuguese.unknown',
    reason: 'unknown_mailbox',
    says: [
      'usuario|utilizador|destinatario|endereco|conta|caixa ~ ~ ~ desconhecido|inexistente|invalido|encontrado|invalida|encontrada',
      'nao existe',
      'utilizador nao existe'
    ],
    unless: ['dominio', 'remetente'],
    weight: 'clear',
    source,
    examples: ['550 Usuário inexistente', '550 5.1.1 O destinatário não existe']
  },
  {
    id: 'portuguese.full',
    reason: 'mailbox_full',
    says: [
      'caixa|conta ~ ~ ~ cheia|lotada|excedeu',
      'cota|quota ~ ~ excedida|atingida',
      'espaco ~ insuficiente'
    ],
    weight: 'clear',
    source,
    examples: ['552 Caixa postal cheia', '452 quota excedida para este usuario']
  },
  {
    id: 'portuguese.disabled',
    reason: 'mailbox_disabled',
    says: [
      'conta|caixa|usuario ~ ~ ~ bloqueada|bloqueado|suspensa|suspenso|desativada|desativado|inativa|cancelada|desabilitada|encerrada'
    ],
    weight: 'clear',
    source,
    examples: ['550 Conta bloqueada', '550 5.2.1 A caixa está desativada']
  },
  {
    id: 'italian.unknown',
    reason: 'unknown_mailbox',
    says: [
      'utente|destinatario|indirizzo|casella|account ~ ~ ~ sconosciuto|inesistente|esiste|sconosciuta|errato|trovato|trovata|valido',
      'non esiste',
      'nessun utente',
      'destin sconosciuto'
    ],
    unless: ['dominio', 'mittente'],
    weight: 'clear',
    source,
    examples: ['550 Utente sconosciuto', '550 Indirizzo inesistente']
  },
  {
    id: 'italian.full',
    reason: 'mailbox_full',
    says: ['casella ~ ~ ~ piena', 'spazio ~ ~ esaurito|insufficiente', 'quota ~ superata'],
    weight: 'clear',
    source,
    examples: ['552 La casella del destinatario è piena', '452 spazio esaurito']
  },
  {
    id: 'italian.disabled',
    reason: 'mailbox_disabled',
    says: [
      'casella|utente|account|indirizzo ~ ~ ~ disabilitata|disabilitato|sospesa|sospeso|disattivata|disattivato|chiusa|bloccata|bloccato|scaduta|disatttivata'
    ],
    weight: 'clear',
    source,
    examples: ['550 Casella disabilitata', '550 utente sospeso']
  },
  {
    id: 'dutch.unknown',
    reason: 'unknown_mailbox',
    says: [
      'gebruiker|ontvanger|adres|mailbox|postvak ~ ~ ~ onbekend|bestaat',
      'onbekende gebruiker|ontvanger',
      'bestaat niet'
    ],
    weight: 'clear',
    source,
    examples: ['550 Gebruiker onbekend', '550 Deze mailbox bestaat niet']
  },
  {
    id: 'russian.unknown',
    reason: 'unknown_mailbox',
    says: [
      'пользователь|получатель|адресат|адрес|ящик|почтовый ~ ~ ~ существует|найден|известен|неизвестен|отсутствует',
      'не найден|существует',
      'нет такого|такой ~ пользователя|получателя|адреса|ящика',
      'неизвестный пользователь|получатель|адресат'
    ],
    unless: ['домен', 'отправитель'],
    weight: 'clear',
    source: yandex,
    examples: ['550 5.1.1 получатель не найден', '550 Нет такого пользователя']
  },
  {
    id: 'russian.full',
    reason: 'mailbox_full',
    says: [
      'ящик|почтовый ~ ~ ~ переполнен|заполнен',
      'квота ~ ~ превышена|исчерпана',
      'превышена|превышен ~ квота|лимит',
      'недостаточно места'
    ],
    weight: 'clear',
    source: yandex,
    examples: ['552 Почтовый ящик переполнен', '452 Превышена квота']
  },
  {
    id: 'russian.disabled',
    reason: 'mailbox_disabled',
    says: [
      'ящик|пользователь|аккаунт|адрес|учетная ~ ~ ~ заблокирован|отключен|удален|закрыт|неактивен|заблокирована|отключена'
    ],
    weight: 'clear',
    source: yandex,
    examples: ['550 Ящик заблокирован', '550 Пользователь удалён']
  },
  {
    id: 'russian.spam',
    reason: 'spam_content',
    says: ['спам', 'сообщение|письмо ~ ~ ~ спам'],
    weight: 'plain',
    source: yandex,
    examples: ['554 Письмо похоже на спам', '550 спам']
  },
  {
    id: 'turkish.unknown',
    reason: 'unknown_mailbox',
    says: ['kullanici|alici|adres ~ ~ bulunamadi|yok|bilinmiyor|gecersiz', 'boyle bir kullanici'],
    weight: 'clear',
    source,
    examples: ['550 Kullanıcı bulunamadı', '550 Böyle bir kullanıcı yok']
  },
  {
    id: 'czech.unknown',
    reason: 'unknown_mailbox',
    says: [
      'uzivatel|prijemce|adresa|schranka ~ ~ neexistuje|neznamy|nenalezen|neznama',
      'neznamy uzivatel|prijemce',
      'neexistuje'
    ],
    weight: 'clear',
    source,
    examples: ['550 Uživatel neexistuje', '550 Neznámý příjemce']
  }
] as const satisfies readonly Rule[]
