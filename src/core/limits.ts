/** Every limit of the gateway, unit in the name, reason beside the number. */
export const LIMITS = {
  /** PostHog takes no more in one bulk call (PostHog contract §8, 2). */
  bulkIdsMax: 1000,
  /** Persons that one deletion may name: a hundred calls, and a list that fits in memory several times. */
  deletionPersonsMax: 100_000,
  /** Pages of PostHog's list that are read for the filter of one deletion: many times what its persons fill. */
  deletionPagesMax: 1000,
  /** PostHog reads only the first 200 of a batch look-up and drops the rest without a word (contract §8, 24). */
  batchIdsMax: 200,
  /** The longest distinct id PostHog stores. */
  distinctIdCharsMax: 400,
  /** The longest address that mail can be sent to (RFC 5321 §4.5.3.1.3, without its brackets). */
  emailCharsMax: 254,
  /** Above 50,000 PostHog cuts a page short without a `next` (contract §5); a page this size is about 2 MB. */
  pageRowsMax: 1000,
  /** The deepest offset a link may lead to: PostHog's own ceiling for one result. */
  offsetMax: 10_000_000,
  /** 1,000 distinct ids of 400 characters of two bytes each, as JSON, fit. */
  bodyBytesMax: 1_048_576,
  /** Milliseconds in which a request body has to arrive: the largest one at 280 kbit/s. */
  bodyArrivalMsMax: 30_000,
  /** 100,000 UUIDs are 3.9 MB, and 100,000 distinct ids of 80 characters fit. */
  jobBodyBytesMax: 8_388_608,
  /** Milliseconds in which such a body has to arrive: the largest one at 1.1 Mbit/s. */
  jobBodyArrivalMsMax: 60_000,
  /** Nothing the catalogue takes is nested deeper than about 8. */
  bodyDepthMax: 20,
  /** The platform's own limit on a URL. */
  queryCharsMax: 16_384,
  /** A JSON reply that has to be looked at is held in memory whole; an isolate has 128 MB for everything. */
  replyBytesMax: 8_388_608,
  /** A reply up to this is known to be right before its answer begins, a larger one is streamed. A page of a hundred persons is about 200 KB. */
  replyBufferBytes: 262_144,
  /** The longest `Retry-After` of PostHog's that is handed on, in seconds: a day. */
  retryAfterSecondsMax: 86_400,
  /** An error text of PostHog's worth passing on. */
  errorBytesMax: 65_536,
  /** A bearer token: about 400 characters, more with long chains and origins. */
  tokenCharsMax: 4096,
  /** Verified tokens that an isolate remembers: those of a busy minute. */
  rememberedTokensMax: 2000,
  /** Bytes of their texts together. What is kept of each beside its text is a few times as much. */
  rememberedTokenTextBytesMax: 1_048_576,
  /** Seconds a minted token may live: one year. */
  tokenSecondsMax: 31_536_000,
  /** Seconds a minted token lives when nothing is said: 30 days. */
  mintedTokenSecondsDefault: 2_592_000,
  /** Seconds a derived token lives when nothing is said: 15 minutes, long enough for a page, short enough to lose. */
  derivedTokenSecondsDefault: 900,
  /** Seconds for which a token can be used beside the one that takes its place: a week, and an hour where nothing is said. */
  overlapSecondsMax: 604_800,
  overlapSecondsDefault: 3600,
  /** How many ancestors a token may have. */
  ancestorsMax: 3,
  /** Rows of a tenant, token or deletion listing. */
  listRowsMax: 1000,
  listRowsDefault: 100,
  /** Projects of tenants that one check of PostHog asks about, with a request each and a few more. */
  checkedProjectsMax: 20,
  /** Tenants whose slices one check of PostHog looks at, with a call to an object each. */
  checkedTenantsMax: 200,
  /** Persons of a project that a check looks at, about 200 KB of them. */
  checkedPersonsMax: 100,
  /** Milliseconds that two clocks may differ by: a time in a log is compared with one of PostHog's. */
  clockDifferenceMsMax: 10_000,
  /** Characters of an actor, which is a name, an address or the number of a ticket. */
  actorCharsMax: 200,
  /** Characters of a name a human gives. */
  nameCharsMax: 200,
  /** Web origins and patterns that one record, one token, or a tenant itself may list. */
  originsMax: 50,
  /** The longest time for which a tenant lets pages on localhost in, in seconds: a week. A working day where nothing is said. */
  developmentSecondsMax: 604_800,
  developmentSecondsDefault: 28_800,
  /** Changes of a tenant's own origins that its object keeps, mostly of some hundred bytes each. The oldest go first. */
  originChangesMax: 500,
  /** Requests a minute one grant may allow: far above PostHog's own 240, for gateways in front of faster servers. */
  requestsPerMinuteMax: 10_000_000,
  burstMax: 1_000_000,
  /** Revocations a minute that one token may ask for, and at once. Ending itself is not counted. */
  revocationsPerMinuteMax: 60,
  /** Wrong admin tokens answered as wrong in the long run, and at once. More are answered with 429. */
  wrongAdminTokensPerMinuteMax: 30,
  wrongAdminTokensAtOnceMax: 100,
  /** Sessions of the console that were ended before their time and would still last. */
  endedSessionsMax: 10_000,
  /** Operators with an admin token of their own: each wrong token is compared with all. */
  operatorsMax: 50,
  /** Characters of a record, as JSON, that one row of the audit log holds of before a change, and as many of after it. */
  auditedRecordCharsMax: 20_000,
  /** Milliseconds that one stream of events lasts: it asks 300 times, of the thousand that the platform allows a request. */
  watchMsMax: 300_000,
  /** Entries of the log that one page looks into at most, where a filter leaves out most of them. */
  searchedEntriesMax: 2000,
  /** Ids that one page compares with those of a person at most, but for the first entry: those of two large deletions. */
  searchedIdsMax: 200_000,
  /** Refused deletions of one tenant that its log keeps of a day (UTC), of about 300 bytes each. More are counted. */
  refusalsPerDayMax: 1000,
  /** Calls to objects that one export makes for ids, of the thousand that the platform allows a request. */
  exportedIdListsMax: 500,
  /** Tenants whose logs one page over all tenants reads at most. */
  tenantsPerPageMax: 100,
  /** The longest time for which the ids of ended deletions are kept and then replaced, in days: ten years. */
  keepIdsDaysMax: 3650,
  /** Characters of the reason a person gives for a decision. */
  reasonCharsMax: 1000,
  /** Calls a minute that delete, which one grant may allow: more than PostHog takes. */
  deletingCallsPerMinuteMax: 6000,
  personsPerDayMax: 1_000_000_000,
  /** Milliseconds for which an idempotency key stands for its deletion: seven days. */
  idempotencyKeyMsMax: 604_800_000,
  /** Idempotency keys that one tenant's log keeps, of about 150 bytes each. Beyond that the oldest are forgotten. */
  idempotencyKeysMax: 500_000,
  /** Milliseconds within which the same deletion by the same token is reported as a likely repeat. */
  likelyRepeatMsMax: 60_000,
  /** The longest undo window of a deletion, in seconds: 30 days, as long as the law lets an erasure wait. */
  holdSecondsMax: 2_592_000,
  /** Queries that PostHog is asked at once for one project. PostHog runs three and lets others use some (query contract §1). */
  queriesAtOnceMax: 2,
  /** Queries that wait for their turn. More are refused at once. */
  queriesWaitingMax: 20,
  /** Milliseconds a query waits for its turn at most: less than a client's patience, and several queries long. */
  queryWaitMsMax: 10_000,
  /** PostHog takes so many requests a minute, queries and other persons calls together (PostHog contract §9). */
  upstreamRequestsPerMinute: 240,
  /** Milliseconds a request waits for its tenant's turn at PostHog at most: less than a client's patience. */
  shareWaitMsMax: 5000,
  /** Requests of one tenant that wait for its turn at PostHog. More are refused at once. */
  shareWaitingMax: 200,
  /** Milliseconds for which an isolate may use permits to ask PostHog, from when it asked for them. */
  permitTermMs: 1000,
  /** Calls to PostHog that an isolate makes for one project in a minute while the project's shield is out of reach. */
  emergencyCallsPerMinute: 20,
  /** The largest share of PostHog's quota that a tenant may have beside one of weight 1. */
  weightMax: 100,
  /** Milliseconds for which a `Retry-After` of PostHog's stops queries at most: an hour. */
  queryPauseMsMax: 3_600_000,
  /**
   * Milliseconds that the gateway waits for one of its own objects where it can go on, or refuse the request, without it. One that
   * restarts answers within a second.
   */
  objectWaitMsMax: 10_000,
  /** The same for one of the four times that a shield is told of a change before the change is answered. */
  changeToldMsMax: 2000,
  /** Milliseconds for which an isolate may go by the tombstones it was told of: what a delete waits for them at most. */
  tombstoneLeaseMs: 200,
  /**
   * Milliseconds for which an isolate may admit requests that were leased to it: what revoking, and every change of a
   * tenant, waits for them at most.
   */
  leaseTermMs: 1000,
  /** Leases that one tenant's object has given at once, of about 200 bytes each. Requests beyond ask one by one. */
  leasesMax: 1000,
  /** Tokens whose leases an isolate remembers: as many as it remembers tokens. */
  leasedTokensMax: 2000,
  /** Milliseconds after which what an isolate counted travels with its next question to the tenant's object. */
  usageReportMs: 10_000,
  /** Milliseconds after which it is reported without one: the runtime waits 30 seconds for what a request leaves. */
  usageReportMsMax: 20_000,
  /** Tokens that an isolate counts apart before it reports at once, of about 200 bytes each. */
  usageReportRowsMax: 500,
  /** Milliseconds between two writes of what isolates reported to one tenant's object, of one row each. */
  usageWriteMs: 20_000,
  /** Milliseconds after an hour's end within which reports of it are waited for, before its rows are written. */
  usageLateMs: 300_000,
  /** Tokens of a tenant that are counted apart on one day. Beyond, derived ones are counted with the minted one. */
  usageTokensPerDayMax: 2000,
  /** Refused requests of a tenant that are kept, of 200 bytes each, or 700 with a long origin. More are counted by code alone. */
  lastRefusedMax: 50,
  /** How many of them may have the same code. */
  lastRefusedOfCodeMax: 15,
  /** Days for which usage is kept. */
  usageDaysMax: 90,
  /** The longest time for which a tenant's record lets an answer be given again, in seconds. */
  rememberSecondsMax: 60,
  /** An answer up to this is shared by requests: a page of a hundred persons. */
  sharedAnswerBytesMax: 262_144,
  /** Bytes of answers that an isolate remembers, each once more as it was last rendered; an isolate has 128 MB for everything. */
  isolateAnswerBytesMax: 8_388_608,
  /** Bytes of answers that the object of a project remembers. */
  shieldAnswerBytesMax: 33_554_432,
  /** Reads of one project that wait for an answer that another asks for. More ask by themselves. */
  sharedAnswerWaitersMax: 2000,
  /** Milliseconds that a read waits for an answer that another asks for, before it asks by itself. */
  sharedAnswerWaitMsMax: 10_000,
  /** Persons of one project with a tombstone at once: about 30 MB of an isolate's 128. Deletions beyond wait. */
  tombstonePersonsMax: 200_000,
  /** Alarms that are kept, of about a kilobyte each. The oldest go first. */
  alarmsMax: 10_000,
  /** Milliseconds that one attempt to deliver an alarm may take. */
  alarmAttemptMsMax: 15_000,
  /** Milliseconds for which an isolate counts what it has raised before it raises the same again. */
  alarmQuietMs: 10_000,
  /** Requests that PostHog fails in a row, as one isolate sees it, before the operator is alarmed. */
  failingInARow: 5,
  /** Milliseconds a tombstone lasts if its end is never told: a day longer than a deletion is driven. */
  tombstoneMsMax: 691_200_000,
} as const;
