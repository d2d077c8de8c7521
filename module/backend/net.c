// SPDX-License-Identifier: GPL-2.0-only
/*
 * The network device of the host's end: made with the device, gone with it, with
 * a carrier while a frontend is connected.
 *
 * It has no rtnl_link_ops: a network namespace that dies pushes it back to the
 * initial one instead of deleting it, and nobody can delete it but its domain.
 */

#include <linux/cpumask.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/rtnetlink.h>

#include "backend/net.h"
#include "domain/domain.h"

/* What a device made by xen-netback has, so that a bridge takes another port's address. */
static const u8 host_mac[ETH_ALEN] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };

#define OFFLOADS	(NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM | NETIF_F_TSO | NETIF_F_TSO6)

static struct lodge_net *to_net(struct lodge_device *dev)
{
	return container_of(dev, struct lodge_net, dev);
}

static void kick_all(struct lodge_net *net, enum lodge_net_work work)
{
	u32 i;

	for (i = 0; i < net->nr_queues; i++)
		lodge_net_kick(&net->queue[i], work);
}

static int vif_open(struct net_device *netdev)
{
	struct lodge_net *net = netdev_priv(netdev);

	if (net->connected) {
		netif_tx_start_all_queues(netdev);
		kick_all(net, LODGE_NET_WORK_TX);
	}
	return 0;
}

static int vif_stop(struct net_device *netdev)
{
	netif_tx_disable(netdev);
	return 0;
}

static netdev_features_t vif_fix_features(struct net_device *netdev, netdev_features_t features)
{
	struct lodge_net *net = netdev_priv(netdev);

	if (!(net->features & LODGE_NET_F_SG))
		features &= ~(NETIF_F_SG | NETIF_F_TSO | NETIF_F_TSO6);
	if (!(net->features & LODGE_NET_F_GSO_TCPV4))
		features &= ~NETIF_F_TSO;
	if (!(net->features & LODGE_NET_F_GSO_TCPV6))
		features &= ~NETIF_F_TSO6;
	if (net->features & LODGE_NET_F_NO_CSUM)
		features &= ~NETIF_F_IP_CSUM;
	if (!(net->features & LODGE_NET_F_IPV6_CSUM))
		features &= ~NETIF_F_IPV6_CSUM;
	/* the program sees packets of one buffer only */
	if (net->features & LODGE_NET_F_XDP_HEADROOM)
		features &= ~(NETIF_F_TSO | NETIF_F_TSO6);
	return features;
}

static int vif_change_mtu(struct net_device *netdev, int mtu)
{
	struct lodge_net *net = netdev_priv(netdev);

	if (net->connected && !(net->features & LODGE_NET_F_SG) && mtu > ETH_DATA_LEN)
		return -EINVAL;
	WRITE_ONCE(netdev->mtu, mtu);
	return 0;
}

u64 lodge_net_count(const struct lodge_net *net, enum lodge_net_counter counter)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < LODGE_MAX_QUEUES; i++)
		sum += READ_ONCE(net->queue[i].count[counter]);
	return sum;
}

static u64 tx_errors(const struct lodge_net *net)
{
	return lodge_net_count(net, LODGE_NET_TX_MALFORMED) +
	       lodge_net_count(net, LODGE_NET_TX_BAD_OFFLOAD) +
	       lodge_net_count(net, LODGE_NET_TX_BAD_GRANT);
}

/* The host receives what the guest transmits. */
static void vif_get_stats(struct net_device *netdev, struct rtnl_link_stats64 *stats)
{
	const struct lodge_net *net = netdev_priv(netdev);

	stats->rx_packets = lodge_net_count(net, LODGE_NET_TX_PACKETS);
	stats->rx_bytes = lodge_net_count(net, LODGE_NET_TX_BYTES);
	stats->rx_errors = tx_errors(net);
	stats->rx_dropped = lodge_net_count(net, LODGE_NET_TX_NO_MEMORY);
	stats->tx_packets = lodge_net_count(net, LODGE_NET_RX_PACKETS);
	stats->tx_bytes = lodge_net_count(net, LODGE_NET_RX_BYTES);
	stats->tx_errors = lodge_net_count(net, LODGE_NET_RX_BAD_GRANT);
	stats->tx_dropped = lodge_net_count(net, LODGE_NET_RX_STALE) +
			    atomic64_read(&net->rx_dropped);
}

static const struct net_device_ops vif_ops = {
	.ndo_open		= vif_open,
	.ndo_stop		= vif_stop,
	.ndo_start_xmit		= lodge_net_xmit,
	.ndo_get_stats64	= vif_get_stats,
	.ndo_fix_features	= vif_fix_features,
	.ndo_change_mtu		= vif_change_mtu,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
};

static void vif_setup(struct net_device *netdev)
{
	ether_setup(netdev);
	netdev->netdev_ops = &vif_ops;
	netdev->ethtool_ops = &lodge_net_ethtool_ops;
	netdev->hw_features = OFFLOADS;
	netdev->features = OFFLOADS | NETIF_F_RXCSUM | NETIF_F_HIGHDMA;
	netdev->priv_flags |= IFF_LIVE_ADDR_CHANGE;
	netdev->min_mtu = ETH_MIN_MTU;
	netdev->max_mtu = ETH_MAX_MTU - VLAN_ETH_HLEN;
	eth_hw_addr_set(netdev, host_mac);
}

static void random_mac(u8 *mac)
{
	eth_random_addr(mac);
	mac[0] = 0x00;
	mac[1] = 0x16;
	mac[2] = 0x3e;
}

static void init_queues(struct lodge_net *net)
{
	u32 i;

	for (i = 0; i < LODGE_MAX_QUEUES; i++) {
		net->queue[i].net = net;
		net->queue[i].index = i;
		skb_queue_head_init(&net->queue[i].backlog);
		lodge_net_queue_init(&net->queue[i]);
	}
	net->max_queues = clamp_t(u32, num_online_cpus(), 1, LODGE_MAX_QUEUES);
}

static struct lodge_device *net_create(struct lodge_domain *d,
				       const struct lodge_device_config *config, const char **err)
{
	struct net_device *netdev;
	char name[IFNAMSIZ];
	struct lodge_net *net;
	int ret;

	if (!is_zero_ether_addr(config->net.mac) && !is_valid_ether_addr(config->net.mac)) {
		*err = "MAC is no address that an interface can have";
		return ERR_PTR(-EINVAL);
	}
	if (config->net.ifname[0])
		strscpy(name, config->net.ifname, sizeof(name));
	else
		snprintf(name, sizeof(name), "vif%u.%u", d->domid, config->id);
	netdev = alloc_netdev_mqs(sizeof(*net), name, NET_NAME_USER, vif_setup,
				  LODGE_MAX_QUEUES, LODGE_MAX_QUEUES);
	if (!netdev)
		return ERR_PTR(-ENOMEM);
	net = netdev_priv(netdev);
	net->netdev = netdev;
	/* the interface can be asked for them as soon as it is registered */
	net->dev.domain = d;
	net->dev.id = config->id;
	if (is_zero_ether_addr(config->net.mac))
		random_mac(net->mac);
	else
		ether_addr_copy(net->mac, config->net.mac);
	lodge_net_credit_init(&net->credit);
	lodge_net_credit_set(&net->credit, config->net.rate, config->net.rate_us);
	init_queues(net);

	netif_carrier_off(netdev);
	netif_set_real_num_tx_queues(netdev, 1);
	netif_set_real_num_rx_queues(netdev, 1);
	ret = register_netdev(netdev);
	if (ret) {
		*err = ret == -EEXIST ? "the host has an interface of this name" :
			"the interface could not be registered";
		free_netdev(netdev);
		return ERR_PTR(ret);
	}
	return &net->dev;
}

/* The frontend's queues and features become the interface's. Under rtnl. */
static int vif_begin(struct lodge_net *net, const struct lodge_frontend *fe)
{
	struct net_device *netdev = net->netdev;
	int ret;

	ret = netif_set_real_num_tx_queues(netdev, fe->nr_queues);
	if (!ret)
		ret = netif_set_real_num_rx_queues(netdev, fe->nr_queues);
	if (ret)
		return ret;
	if (!(fe->features & LODGE_NET_F_SG) && netdev->mtu > ETH_DATA_LEN) {
		ret = dev_set_mtu(netdev, ETH_DATA_LEN);
		if (ret)
			return ret;
	}
	net->features = fe->features;
	net->nr_queues = fe->nr_queues;
	netdev_update_features(netdev);
	atomic_set(&net->stalled, 0);
	WRITE_ONCE(net->connected, true);
	netif_carrier_on(netdev);
	if (netif_running(netdev))
		netif_tx_start_all_queues(netdev);
	return 0;
}

static int net_connect(struct lodge_device *dev, const struct lodge_frontend *fe,
		       const char **err)
{
	struct lodge_net *net = to_net(dev);
	int ret;
	u32 i;

	ret = lodge_net_queues_connect(net, fe, err);
	if (ret)
		return ret;
	rtnl_lock();
	ret = vif_begin(net, fe);
	rtnl_unlock();
	if (ret) {
		net->nr_queues = fe->nr_queues;
		lodge_net_queues_disconnect(net);
		return ret;
	}
	/* there may be packets and buffers from before */
	for (i = 0; i < net->nr_queues; i++)
		set_bit(LODGE_NET_WORK_RX, &net->queue[i].work);
	kick_all(net, LODGE_NET_WORK_TX);
	return 0;
}

static void net_disconnect(struct lodge_device *dev)
{
	struct lodge_net *net = to_net(dev);

	rtnl_lock();
	WRITE_ONCE(net->connected, false);
	netif_carrier_off(net->netdev);
	/* nobody is in xmit any more, nor comes there */
	netif_tx_disable(net->netdev);
	rtnl_unlock();
	lodge_net_queues_disconnect(net);
	/* a queue that recovered from a stall meanwhile has put it on */
	netif_carrier_off(net->netdev);
}

static int net_set(struct lodge_device *dev, const struct lodge_device_config *config,
		   const char **err)
{
	struct lodge_net *net = to_net(dev);

	if (!config->net.has_rate) {
		*err = "there is nothing to set";
		return -EINVAL;
	}
	lodge_net_credit_set(&net->credit, config->net.rate, config->net.rate_us);
	if (net->connected)
		kick_all(net, LODGE_NET_WORK_TX);
	return 0;
}

static void net_describe(struct lodge_device *dev, struct lodge_device_info *info)
{
	struct lodge_net *net = to_net(dev);
	u32 i;

	info->features = LODGE_NET_FEATURES;
	info->max_queues = net->max_queues;
	/* renamed at any time: at worst half of the one and half of the other */
	strscpy(info->net.ifname, net->netdev->name, sizeof(info->net.ifname));
	info->net.ifindex = net->netdev->ifindex;
	ether_addr_copy(info->net.mac, net->mac);
	spin_lock(&net->credit.lock);
	info->net.rate = net->credit.rate;
	info->net.rate_us = net->credit.interval_us;
	spin_unlock(&net->credit.lock);

	info->in_bytes = lodge_net_count(net, LODGE_NET_RX_BYTES);
	info->in_requests = lodge_net_count(net, LODGE_NET_RX_PACKETS);
	info->out_bytes = lodge_net_count(net, LODGE_NET_TX_BYTES);
	info->out_requests = lodge_net_count(net, LODGE_NET_TX_PACKETS);
	info->errors = tx_errors(net) + lodge_net_count(net, LODGE_NET_RX_BAD_GRANT);
	for (i = 0; i < LODGE_MAX_QUEUES; i++)
		info->in_flight += skb_queue_len_lockless(&net->queue[i].backlog);
}

static void net_remove(struct lodge_device *dev)
{
	unregister_netdev(to_net(dev)->netdev);
}

static void net_free(struct lodge_device *dev)
{
	free_netdev(to_net(dev)->netdev);
}

const struct lodge_device_ops lodge_net_ops = {
	.name		= "net",
	.create		= net_create,
	.connect	= net_connect,
	.disconnect	= net_disconnect,
	.set		= net_set,
	.describe	= net_describe,
	.remove		= net_remove,
	.free		= net_free,
};
