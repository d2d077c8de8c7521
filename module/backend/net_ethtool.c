// SPDX-License-Identifier: GPL-2.0-only
/* What ethtool shows of a vif. */

#include <linux/ethtool.h>

#include "backend/net.h"
#include "domain/domain.h"

/* As the host sees it: what it receives comes from the guest. */
static const char names[LODGE_NET_NR_COUNTERS][ETH_GSTRING_LEN] = {
	[LODGE_NET_TX_PACKETS]		= "rx_packets",
	[LODGE_NET_TX_BYTES]		= "rx_bytes",
	[LODGE_NET_TX_GSO]		= "rx_gso_packets",
	[LODGE_NET_TX_MALFORMED]	= "rx_malformed",
	[LODGE_NET_TX_BAD_OFFLOAD]	= "rx_bad_offload",
	[LODGE_NET_TX_BAD_GRANT]	= "rx_bad_grant",
	[LODGE_NET_TX_NO_MEMORY]	= "rx_no_memory",
	[LODGE_NET_RX_PACKETS]		= "tx_packets",
	[LODGE_NET_RX_BYTES]		= "tx_bytes",
	[LODGE_NET_RX_GSO]		= "tx_gso_packets",
	[LODGE_NET_RX_BAD_GRANT]	= "tx_bad_grant",
	[LODGE_NET_RX_STALE]		= "tx_stale",
	[LODGE_NET_RX_STALLS]		= "tx_stalls",
};

static void get_drvinfo(struct net_device *netdev, struct ethtool_drvinfo *info)
{
	struct lodge_net *net = netdev_priv(netdev);

	strscpy(info->driver, "lodge", sizeof(info->driver));
	snprintf(info->bus_info, sizeof(info->bus_info), "vif-%u-%u", net->dev.domain->domid,
		 net->dev.id);
}

/* No medium, no limit: a number that makes sense to who asks (a bridge's path costs). */
static int get_link_ksettings(struct net_device *netdev, struct ethtool_link_ksettings *settings)
{
	settings->base.speed = SPEED_10000;
	settings->base.duplex = DUPLEX_FULL;
	settings->base.port = PORT_OTHER;
	settings->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

static int get_sset_count(struct net_device *netdev, int set)
{
	return set == ETH_SS_STATS ? LODGE_NET_NR_COUNTERS : -EOPNOTSUPP;
}

static void get_strings(struct net_device *netdev, u32 set, u8 *data)
{
	if (set == ETH_SS_STATS)
		memcpy(data, names, sizeof(names));
}

static void get_stats(struct net_device *netdev, struct ethtool_stats *stats, u64 *data)
{
	struct lodge_net *net = netdev_priv(netdev);
	int i;

	for (i = 0; i < LODGE_NET_NR_COUNTERS; i++)
		data[i] = lodge_net_count(net, i);
}

const struct ethtool_ops lodge_net_ethtool_ops = {
	.get_drvinfo		= get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_link_ksettings	= get_link_ksettings,
	.get_ts_info		= ethtool_op_get_ts_info,
	.get_sset_count		= get_sset_count,
	.get_strings		= get_strings,
	.get_ethtool_stats	= get_stats,
};
